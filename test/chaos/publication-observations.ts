import type { StreamName } from '@missions/contracts/subjects.ts';
import { connectAdmin } from '@missions/messaging/admin/admin-connection.ts';
import type { NatsAddress } from '@missions/messaging/connect.ts';
import { holdsWithin } from '@missions/test-support/wait-until.ts';
import { Client } from 'pg';
import { listen } from '../integration/listener.ts';
import type { PublicationObservations } from './publication-check.ts';
import type { StreamRecorder } from './stream-recorder.ts';

interface Servers {
  natsUrlFor(user: string): NatsAddress;
}

const schemas = ['mission', 'approval', 'scheduler', 'email_bridge', 'notifier'];
const streamNames: readonly StreamName[] = ['MISSION', 'APPROVAL', 'EMAIL', 'NOTIFIER', 'SCHEDULER'];
const streamOf = `case split_part(type, '.', 1) when 'mission' then 'MISSION' when 'approval' then 'APPROVAL'
  when 'email' then 'EMAIL' when 'notifier' then 'NOTIFIER' else 'SCHEDULER' end`;
const committed = schemas
  .map((schema) => `select event_id::text as id, ${streamOf} as stream from ${schema}.outbox`)
  .join(' union all ');
const history = 'select id::text, mission_id::text from mission.mission_event';

/** Whether the services have heard all that was published. */
export async function isHeard({ natsUrlFor }: Servers): Promise<boolean> {
  const operator = await connectAdmin(natsUrlFor('operator'));
  try {
    const consumers = (await operator.streams()).flatMap((one) => one.consumers);
    return consumers.every(({ pending, ack_pending }) => pending + ack_pending === 0);
  } finally {
    await operator.close();
  }
}

export async function observePublication(
  { natsUrlFor }: Servers,
  adminUrl: string,
  recorder: StreamRecorder,
): Promise<PublicationObservations> {
  const client = new Client({ connectionString: adminUrl });
  await client.connect();
  const operator = await connectAdmin(natsUrlFor('operator'));
  const listener = await listen(natsUrlFor);
  try {
    const found: PublicationObservations = {
      committed: (await client.query(committed)).rows,
      history: (await client.query(history)).rows,
      stored: new Map(
        await Promise.all(streamNames.map(async (name) => [name, await operator.eventIdsInStream(name)] as const)),
      ),
      ordered: [],
      shown: recorder.entries,
      deadLetters: (await operator.streams()).find(({ stream }) => stream === 'DEADLETTER')?.state?.messages ?? 0,
    };
    const wanted = found.stored.get('MISSION')?.size ?? 0;
    const heard = () => new Set(listener.consumed.map(({ id }) => id)).size;
    await holdsWithin(60_000, () => heard() >= wanted);
    // The sweep of a stream reads every 15 s what its notifications did not announce.
    const shows = () => new Set(recorder.entries.map(({ id }) => id)).size;
    await holdsWithin(30_000, () => shows() >= found.history.length);
    const ordered = listener.consumed.map(({ id, mission_id, version, index }) => ({
      id,
      missionId: mission_id,
      version,
      index,
    }));
    return { ...found, ordered, shown: [...recorder.entries] };
  } finally {
    await listener.close();
    await operator.close();
    await client.end();
  }
}
