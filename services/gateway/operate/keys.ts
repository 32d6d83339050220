import { parseArgs } from 'node:util';
import { createLogger } from '@missions/runtime/logger.ts';
import { newId } from '@missions/runtime/id.ts';
import { openKeyDatabase } from '../keys/database.ts';
import { createKey, listKeys, revokeKey, TooManyKeys } from '../keys/manage.ts';
import { operatorConfig } from './config.ts';

/**
 * The operators' command for agents' keys. Exit codes: 0 done; 1 refused, with the reason; 2 the call itself is wrong.
 */
const usage = `missions keys create --customer <id> --agent <id> [--user <id> …] [--label <text>] [--json]
missions keys list [--customer <id>] [--json]
missions keys revoke <key id> [--json]

A key is shown once, when it is made. An agent may have two live keys, so that one can replace the other without a pause.
Without --user it may name every user of its customer.`;

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    customer: { type: 'string' },
    agent: { type: 'string' },
    user: { type: 'string', multiple: true },
    label: { type: 'string', default: '' },
    json: { type: 'boolean', default: false },
  },
});
const [command, id] = positionals;
const show = (value: unknown, text: string): void => console.log(values.json ? JSON.stringify(value) : text);
const misuse = (): never => {
  console.error(usage);
  process.exit(2);
};

const db = await openKeyDatabase(operatorConfig().databaseUrl, createLogger({ service: 'operator', level: 'error' }));
try {
  if (command === 'create' && values.customer && values.agent) {
    const keyId = newId();
    const key = await createKey(db, { customer_id: values.customer, agent_id: values.agent, users: values.user ?? null, label: values.label }, keyId, new Date());
    show({ id: keyId, key }, `${key}\n\nKey ${keyId}. Keep it now: it cannot be shown again.`);
  } else if (command === 'list') {
    const keys = await listKeys(db, values.customer);
    if (values.json) console.log(JSON.stringify(keys));
    else if (keys.length === 0) console.log('No keys.');
    else console.table(keys.map(({ users, ...key }) => ({ ...key, users: users?.join(' ') ?? '(all)' })));
  } else if (command === 'revoke' && id) {
    const done = /^[0-9a-f-]{36}$/i.test(id) && (await revokeKey(db, id, new Date()));
    show({ revoked: done }, done ? `Key ${id} is revoked.` : `There is no live key ${id}.`);
    process.exitCode = done ? 0 : 1;
  } else misuse();
} catch (error) {
  if (!(error instanceof TooManyKeys)) throw error;
  console.error(error.message);
  process.exitCode = 1;
} finally {
  await db.close();
}
