import { expect } from 'chai';
import { readdirSync, readFileSync } from 'node:fs';
import { connect, type NatsConnection } from 'nats';
import * as delegations from '@missions/contracts/approval/delegations.ts';
import * as approval from '@missions/contracts/approval/requests.ts';
import * as rules from '@missions/contracts/approval/rules.ts';
import * as email from '@missions/contracts/email/requests.ts';
import { problemFrom } from '@missions/contracts/errors.ts';
import * as inbox from '@missions/contracts/mission/inbox.ts';
import * as mission from '@missions/contracts/mission/requests.ts';
import * as emailNotices from '@missions/contracts/email/notices.ts';
import * as devices from '@missions/contracts/notifier/devices.ts';
import * as webhooks from '@missions/contracts/notifier/webhooks.ts';
import * as notifier from '@missions/contracts/notifier/requests.ts';
import * as operate from '@missions/contracts/operate.ts';
import { type Caller, type RequestContract } from '@missions/contracts/request.ts';
import { requesters } from '@missions/contracts/requesters.ts';
import * as limits from '@missions/contracts/scheduler/limits.ts';
import * as scheduler from '@missions/contracts/scheduler/runs.ts';
import * as stop from '@missions/contracts/scheduler/stop.ts';
import { product, type SharedProduct } from '@missions/test-support/shared-product.ts';

const isContract = (member: unknown): member is RequestContract =>
  typeof member === 'object' && member !== null && 'subject' in member && 'input' in member;
/** Every request of the product, as its contracts declare them. */
const contracts = [
  approval,
  rules,
  delegations,
  devices,
  email,
  emailNotices,
  inbox,
  mission,
  notifier,
  operate,
  scheduler,
  limits,
  stop,
  webhooks,
].flatMap((module) => Object.values(module as Record<string, unknown>).filter(isContract));
const subjects = [...new Set(contracts.map(({ subject }) => subject))].toSorted();
/** What each login of NATS may send. */
const permitted: Record<string, readonly string[]> = {
  gateway: subjects,
  scheduler: requesters.scheduler.map(({ subject }) => subject),
  mission: requesters.mission.map(({ subject }) => subject),
  approval: [],
  'email-bridge': requesters['email-bridge'].map(({ subject }) => subject),
  notifier: requesters.notifier.map(({ subject }) => subject),
  eraser: [],
  operator: [],
  provisioner: [],
};

describe('a request that names a user and does not prove who calls', () => {
  let running: SharedProduct;
  const connections: NatsConnection[] = [];
  const user: Caller = { kind: 'user', credential: 'forged', customer_id: 'acme', user_id: 'ann', agent_id: null };
  const body = JSON.stringify({ caller: user, input: {} });

  const login = async (name: string): Promise<NatsConnection> => {
    const nc = await connect({
      servers: running.servers.natsUrl,
      user: name,
      pass: new URL(running.servers.natsUrlFor(name)).password,
      inboxPrefix: `_INBOX_${name}`,
    });
    connections.push(nc);
    return nc;
  };

  before(async () => (running = await product()));
  after(() => Promise.all(connections.map((nc) => nc.close())));

  it('is tried with every request that the contracts declare', () => {
    const folder = new URL('../contracts/', import.meta.url);
    const sources = readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((file) => file.endsWith('.ts'));
    const declared = sources.flatMap((file) => [
      ...readFileSync(new URL(file, folder), 'utf8').matchAll(/= defineRequest\(/g),
    ]);
    expect(subjects).to.have.length(declared.length);
  });

  for (const [name, allowed] of Object.entries(permitted)) {
    it(`is refused with the login of ${name} on every subject, by the service or by NATS`, async () => {
      const nc = await login(name);
      const denied = new Set<string>();
      void (async () => {
        for await (const { type, permissionContext } of nc.status() as AsyncIterable<any>)
          if (type === 'error') denied.add(permissionContext?.subject ?? '');
      })();
      const refusals = await Promise.all(
        allowed.map(async (subject) => {
          const { code, members } = problemFrom((await nc.request(subject, body, { timeout: 5_000 })).json());
          return `${code} ${String(members['reason'])}`;
        }),
      );
      expect(new Set(refusals)).to.deep.equal(new Set(allowed.length > 0 ? ['FORBIDDEN caller_unproven'] : []));
      const others = subjects.filter((subject) => !allowed.includes(subject));
      for (const subject of others) nc.publish(subject, body);
      await nc.flush();
      await nc.flush();
      expect([...denied].toSorted()).to.deep.equal(others);
    });
  }
});
