import { type JetStreamManager, nanos, type StreamConfig } from 'nats';
import { mirrorApi, mirroredStreams, mirrorSource, type StreamName, streams } from '@missions/contracts/subjects.ts';
import type { Connection } from '../connection.ts';
import { undefinedIfNotFound } from '../errors.ts';
import { whenAnswered } from '../streams.ts';

/** The JetStream of the account EVENTS, for a login that may reach it: subscribers read its mirrors (decision 0030). */
export const mirrorsOf = (connection: Connection): Promise<JetStreamManager> =>
  connection.nc.jetstreamManager({ checkAPI: false, apiPrefix: mirrorApi });

const DAY_MS = 24 * 60 * 60 * 1000;
type Outcome = 'created' | 'updated' | 'unchanged';
/** The identity of the copied stream, which nothing else of a stream tells from a later one of the same name. */
const COPIES = 'missions_copies';

/** Whether the server has the account, and it a mirror. A server without accounts has none. */
export async function hasMirrors(connection: Connection): Promise<boolean> {
  const { streams: mirrors } = await mirrorsOf(connection);
  for (const name of mirroredStreams) if (await mirrors.info(name).then(Boolean, () => false)) return true;
  return false;
}

/** Makes the mirrors, or mends them. May be repeated. @throws Problem as `provisionStreams`. */
export async function provisionMirrors(connection: Connection): Promise<{ stream: StreamName; outcome: Outcome }[]> {
  return await Promise.all(
    mirroredStreams.map(async (stream) => ({
      stream,
      outcome: await whenAnswered(connection, `mirror of ${stream}`, (manager) =>
        upsertMirror(manager, connection, stream),
      ),
    })),
  );
}

async function upsertMirror(origin: JetStreamManager, connection: Connection, name: StreamName): Promise<Outcome> {
  const { streams: mirrors } = await mirrorsOf(connection);
  // The mirror first: it is never ahead of a stream that it copies.
  const existing = await mirrors.info(name).catch(undefinedIfNotFound);
  const copied = await origin.streams.info(name);
  if (existing) {
    if (existing.config.metadata?.[COPIES] === copied.created && existing.state.last_seq <= copied.state.last_seq)
      return 'unchanged';
    // The stream was made again, and its numbers begin anew: the mirror would wait for the old ones.
    await mirrors.delete(name);
  }
  await mirrors.add({
    name,
    mirror: { name, external: { ...mirrorSource } },
    max_age: nanos(streams[name].maxAgeDays * DAY_MS),
    max_bytes: copied.config.max_bytes,
    num_replicas: copied.config.num_replicas,
    metadata: { [COPIES]: copied.created },
  } as Partial<StreamConfig> & { name: string });
  return existing ? 'updated' : 'created';
}

/** Removes the consumers that bear the name of a subscriber. @returns those removed. */
export async function removeSubscriberConsumers(connection: Connection, name: string): Promise<StreamName[]> {
  const removed: StreamName[] = [];
  const { consumers } = await mirrorsOf(connection);
  for (const stream of mirroredStreams)
    if (await consumers.delete(stream, name).catch(undefinedIfNotFound)) removed.push(stream);
  return removed;
}
