import { standaloneTransaction } from '@missions/persistence/standalone-transaction.ts';
import { isUuid } from '@missions/runtime/id.ts';
import { UsageError, runAdminProgram } from '@missions/runtime/admin-program.ts';
import { type KillScope, listKillSwitches, setKillSwitch } from '../runs/store/kill-switch.ts';
import { operatorConfig } from './config.ts';

/** `on|off|list`, and whose runs it stops: exactly one of them. A user belongs to a customer. */
const options = {
  all: { type: 'boolean', default: false },
  customer: { type: 'string' },
  user: { type: 'string' },
  mission: { type: 'string' },
} as const;

type Whose = { all: boolean; customer?: string; user?: string; mission?: string };

await runAdminProgram(options, async ({ values, positionals: [verb] }) => {
  if (verb !== 'on' && verb !== 'off' && verb !== 'list') throw new UsageError('kill-switch on, off or list.');
  const target = verb === 'list' ? undefined : targetOf(values);
  return await standaloneTransaction({ url: operatorConfig().databaseUrl, schema: 'scheduler' }, async (tx) => {
    if (!target) return await listKillSwitches(tx);
    return { ...target, on: verb === 'on', changed: await setKillSwitch(tx, target.scope, target.id, verb === 'on') };
  });
});

function targetOf({ all, customer, user, mission }: Whose): { scope: KillScope; id: string } {
  const named = [all || undefined, customer, mission].filter((one) => one !== undefined);
  if (named.length !== 1 || (user !== undefined && customer === undefined)) {
    throw new UsageError('Say whose runs: --all, --customer <id>, --customer <id> --user <id>, or --mission <id>.');
  }
  if (mission !== undefined) {
    if (!isUuid(mission)) throw new UsageError('--mission must be the id of a mission.');
    return { scope: 'mission', id: mission.toLowerCase() };
  }
  if (all) return { scope: 'all', id: '' };
  return user === undefined ? { scope: 'customer', id: customer ?? '' } : { scope: 'user', id: `${customer}/${user}` };
}
