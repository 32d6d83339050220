import { expect } from 'chai';
import { Client } from 'pg';
import { connectBus } from '@missions/messaging/connect.ts';
import type { Bus } from '@missions/messaging/bus.ts';
import { createLogger } from '@missions/runtime/logger.ts';
import { Api } from '@missions/test-support/api.ts';
import { OBSERVER } from '@missions/test-support/deployed-servers.ts';
import { product } from '@missions/test-support/shared-product.ts';
import { waitUntil } from '@missions/test-support/wait-until.ts';
import { expectStatus, YES_OR_NO } from './client.ts';
import { SimulatedUser } from './simulated-user.ts';

/**
 * What one cycle costs: a mission with three tasks is created, one task asks its user, and the user answers. Processor
 * time depends on the machine, messages and rows do not. Whoever adds one changes the figures here, and says why.
 */
const EVENTS = {
  'approval.requested': 1,
  'approval.responded': 1,
  'mission.created': 1,
  'mission.input_requested': 1,
  'mission.task_added': 3,
  'mission.task_updated': 3,
  'mission.unblocked': 1,
};
const REQUESTS = {
  'svc.approval.ensure': 1,
  'svc.approval.respond': 1,
  'svc.mission.ask': 1,
  'svc.mission.create': 1,
  'svc.mission.hear_outcome': 1,
  'svc.notifier.reach': 1,
};
/** Rows of the inboxes for these events: effects that have to happen once. */
const CLAIMED = { email_bridge: 0, mission: 1, notifier: 2, scheduler: 3 };
/** The question's, if its event comes before the call that brings it (`services/approval/commands/asked-here.ts`). */
const CLAIMED_BY_APPROVAL = 1;

interface Message {
  readonly subject: string;
  readonly id: string;
}

interface Cycle {
  readonly requests: readonly Message[];
  readonly events: readonly Message[];
}

describe('a mission that is created, asks and is answered', () => {
  let api: Api;
  let ada: SimulatedUser;
  let bus: Bus;
  let db: Client;
  const messages: Message[] = [];

  before(async () => {
    const running = await product();
    api = new Api(running);
    ada = new SimulatedUser(api);
    db = new Client({ connectionString: running.database.adminUrl });
    await db.connect();
    bus = await connectBus({
      servers: running.servers.natsUrlFor(OBSERVER),
      name: 'listener',
      logger: createLogger({ service: 'listener', level: 'silent' }),
    });
    for (const subject of ['mission.*', 'approval.*', 'email.*', 'scheduler.*', 'timer.*', 'notifier.*', 'svc.>'])
      bus.subscribe(subject, ({ subject: actual, body, headers }) => {
        if (body.includes(`"${api.customer}"`)) messages.push({ subject: actual, id: headers['ce-id']?.[0] ?? '' });
      });
    await bus.flush();
  });
  after(async () => {
    await bus?.drain();
    await db?.end();
  });

  /** Answers the messages of the cycle, once all its events have passed. */
  const cycle = async (): Promise<Message[]> => {
    const { id, tasks } = await api.mission({ tasks: [{ title: 'a' }, { title: 'b' }, { title: 'c' }] });
    const { id: request } = await expectStatus(
      201,
      api.post(`missions/${id}/input-requests`, { ...YES_OR_NO, task_id: tasks[0].id }),
    );
    await expectStatus(200, ada.respond(request, { selected_option: 'yes' }));
    const schemas = ['mission', 'approval'];
    await waitUntil(
      async () => {
        const waiting = schemas.map((schema) => `select 1 from ${schema}.outbox where published_at is null`);
        return (await db.query(waiting.join(' union all '))).rowCount === 0;
      },
      { what: 'an empty outbox' },
    );
    await bus.flush();
    return messages.splice(0);
  };
  const tally = (all: readonly Message[]) =>
    Object.fromEntries([...Map.groupBy(all, ({ subject }) => subject)].map(([name, some]) => [name, some.length]));
  const claimed = async ({ events }: Cycle) => {
    const ids = events.map(({ id }) => id);
    const counts: Record<string, number> = {};
    for (const schema of ['approval', ...Object.keys(CLAIMED)])
      counts[schema] = (await db.query(`select 1 from ${schema}.inbox where event_id = any($1)`, [ids])).rowCount ?? 0;
    return counts;
  };

  it('costs these events, these requests and these rows of inboxes, and no more', async () => {
    const isRequest = ({ subject }: Message) => subject.startsWith('svc.');
    const sorted = (all: readonly Message[]): Cycle => ({
      requests: all.filter(isRequest),
      // A relay that hears of no acknowledgement in time publishes again.
      events: [...new Map(all.filter((it) => !isRequest(it)).map((it) => [it.id, it])).values()],
    });
    const first = sorted(await cycle());
    const later = sorted(await cycle());
    // Consumers handle events in order: when they have heard of the later cycle, they have heard all of the first.
    await waitUntil(
      async () => {
        const counts = await claimed(later);
        return Object.entries(CLAIMED).every(([schema, least]) => (counts[schema] ?? 0) >= least);
      },
      { what: 'the later cycle in every inbox' },
    );
    const { approval, ...others } = await claimed(first);
    expect({ events: tally(first.events), requests: tally(first.requests), claimed: others }).to.deep.equal({
      events: EVENTS,
      requests: REQUESTS,
      claimed: CLAIMED,
    });
    expect(approval).to.be.at.most(CLAIMED_BY_APPROVAL);
  });
});
