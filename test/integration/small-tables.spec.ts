import { expect } from 'chai';
import { approval } from '@missions/approval/service.ts';
import { emailBridge } from '@missions/email-bridge/service.ts';
import { mission } from '@missions/mission/service.ts';
import { notifier } from '@missions/notifier/service.ts';
import { migrate } from '@missions/persistence/migrate.ts';
import { knownStatements } from '@missions/persistence/statement.ts';
import { createLogger } from '@missions/runtime/logger.ts';
import { scheduler } from '@missions/scheduler/service.ts';
import { openServiceDatabase } from '@missions/service-kit/service.ts';
import { servers } from '@missions/test-support/stack.ts';

interface Plan {
  readonly 'Node Type': string;
  readonly 'Relation Name'?: string;
  readonly Plans?: readonly Plan[];
}

const logger = createLogger({ service: 'spec', level: 'silent' });
const names = ['mission', 'approval', 'scheduler', 'email_bridge', 'notifier'] as const;
/**
 * A row for each service, switch, endpoint (of a customer a few), mailbox, key or mail that could not be read: they do
 * not grow with use.
 */
const SMALL = [
  ...['receipt_key', 'kill_switch', 'push_endpoint', 'webhook', 'leader', 'mailbox', 'published_subjects'],
  'unread_mail',
];
/** Operators' lists, which are read now and then. */
const RARE = /^operate\./;
/** Not in this schema: the statement is another service's. */
const FOREIGN = ['42P01', '42703', '42883', '42704'];

const scansIn = (plan: Plan): string[] => [
  ...(plan['Node Type'] === 'Seq Scan' ? [plan['Relation Name'] ?? ''] : []),
  ...(plan.Plans ?? []).flatMap(scansIn),
];

/**
 * A prepared statement is planned once for each connection. In a new database all tables are small, and what is cheap
 * then goes on when they are large.
 */
describe('the plans that statements get in a new database', () => {
  it('find rows by an index, in every service', async () => {
    const database = await (await servers()).freshDatabase({ services: [...names] });
    const open = (
      service: typeof mission | typeof approval | typeof scheduler | typeof emailBridge | typeof notifier,
    ) =>
      openServiceDatabase(
        service as typeof mission,
        { databaseUrl: database.urlFor(service.name.replaceAll('-', '_')), poolSize: 1 },
        logger,
      );
    const statements = [...knownStatements()].filter(([name]) => !RARE.test(name));
    // Those of other specs in this process, and of the gateway, have no tables here.
    const planned = new Set<string>();
    const scans: string[] = [];
    for (const service of [mission, approval, scheduler, emailBridge, notifier]) {
      const db = await open(service);
      try {
        await migrate(db);
        for (const [name, text] of statements) {
          const explained = await db.pool
            .query<{ 'QUERY PLAN': [{ Plan: Plan }] }>(`explain (generic_plan, format json) ${text}`)
            .catch((error: { code?: string }) => {
              if (FOREIGN.includes(error.code ?? '')) return undefined;
              throw error;
            });
          if (!explained) continue;
          planned.add(name);
          for (const {
            'QUERY PLAN': [{ Plan: plan }],
          } of explained.rows)
            scans.push(
              ...scansIn(plan)
                .filter((table) => !SMALL.includes(table))
                .map((table) => `${service.name} ${name}: ${table}`),
            );
        }
      } finally {
        await db.close();
      }
    }
    expect(scans).to.deep.equal([]);
    expect(planned.size).to.be.above(100);
  });
});
