import { existsSync } from 'node:fs';
import { Client } from 'pg';
import type { EventSubject } from '@missions/contracts/events.ts';
import { publishers } from '@missions/contracts/publishers.ts';
import { streams } from '@missions/contracts/subjects.ts';
import { connectBus } from '@missions/messaging/connect.ts';
import type { SubjectMessage } from '@missions/messaging/notifications.ts';
import { createLogger } from '@missions/runtime/logger.ts';
import { asGateway } from '@missions/test-support/caller-keys.ts';
import { Api } from '@missions/test-support/api.ts';
import { OBSERVER } from '@missions/test-support/deployed-servers.ts';
import type { SharedProduct } from '@missions/test-support/shared-product.ts';
import { waitUntil } from '@missions/test-support/wait-until.ts';
import {
  answered,
  approvedByTwo,
  autonomous,
  cancelled,
  failing,
  meeting,
  overBudget,
  unreachable,
  withdrawn,
} from './scenarios.ts';
import { corresponded, tooLate, unanswered } from './scenarios-of-mail.ts';
import { erased, late, restored, type Stage, timerOfScheduler } from './scenarios-of-time.ts';

const CUSTOMER = 'Zoë & Söhne 50%';

/** Approval keeps the deadlines of its questions itself. These events are those of the version before, and still heard. */
const formerly: readonly EventSubject[] = [
  'scheduler.timer_set_approval',
  'scheduler.timer_cancelled_approval',
  'timer.approval',
];

/** Whether a service that publishes the event exists. */
export const isPublished = (type: EventSubject): boolean =>
  !formerly.includes(type) &&
  publishers[type].some((service) => existsSync(new URL(`../../../services/${service}/main.ts`, import.meta.url)));

/**
 * A customer's missions that cause every event of `kinds`, and the messages of these events as they passed on the
 * wire.
 */
export async function everyEvent(
  product: SharedProduct,
  kinds: readonly EventSubject[],
): Promise<readonly SubjectMessage[]> {
  // Headers are bytes: an id that is no ASCII goes as UTF-8.
  const api = new Api(product, Buffer.from(CUSTOMER, 'utf8').toString('latin1'));
  const bus = await connectBus({
    servers: product.servers.natsUrlFor(OBSERVER),
    name: 'scenario',
    logger: createLogger({ service: 'scenario', level: 'silent' }),
    callerKeys: asGateway,
  });
  const messages: SubjectMessage[] = [];
  for (const { subjects } of Object.values(streams))
    for (const subject of subjects) bus.subscribe(subject, (message) => messages.push(message));
  try {
    await bus.flush();
    const ours = (): SubjectMessage[] => messages.filter(({ body }) => JSON.parse(body).customer_id === CUSTOMER);
    const stage: Stage = {
      api,
      bus,
      customer: CUSTOMER,
      published: (type, id) =>
        waitUntil(
          () =>
            ours()
              .map(({ subject, body }) => subject === type && JSON.parse(body))
              .findLast((data) => data.mission_id === id),
          { what: type },
        ),
      age: (id, byMs) => moveIntoThePast(product.database.urlFor('mission'), id, byMs),
    };
    const [mission] = await Promise.all([
      meeting(api),
      answered(api),
      approvedByTwo(api),
      withdrawn(api),
      unreachable(api),
      late(stage),
      failing(api),
      cancelled(api),
      autonomous(api),
      restored(stage),
      erased(stage),
      corresponded(stage),
      unanswered(stage),
      tooLate(stage),
    ]);
    await timerOfScheduler(stage, mission);
    // Its limit is of the whole customer.
    await overBudget(api);
    const missing = (): EventSubject[] => kinds.filter((kind) => !ours().some(({ subject }) => subject === kind));
    await waitUntil(() => missing().length === 0, { what: 'every kind of event' }).catch((error: unknown) => {
      throw new Error(`no event was published for ${missing().join(', ')}`, { cause: error });
    });
    return ours();
  } finally {
    await bus.drain();
  }
}

async function moveIntoThePast(url: string, missionId: string, byMs: number): Promise<void> {
  const client = new Client({ connectionString: url });
  await client.connect();
  try {
    const times = ['created_at', 'last_user_engagement_at', 'grace_period_ends_at', 'deleted_at'];
    const moved = times.map((column) => `${column} = ${column} - $2 * interval '1 ms'`).join(', ');
    await client.query(`update mission.mission set ${moved} where id = $1`, [missionId, byMs]);
  } finally {
    await client.end();
  }
}
