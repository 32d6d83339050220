import { setTimeout as delay } from 'node:timers/promises';
import type { ConsumerConfig, JetStreamManager } from 'nats';
import type { StreamName } from '@missions/contracts/subjects.ts';
import { Problem } from '@missions/contracts/errors.ts';
import { backoff } from '@missions/runtime/backoff.ts';
import type { Connection } from './connection.ts';
import { isNotFound, natsProblem, undefinedIfNotFound } from './errors.ts';

/** A service's login may make neither streams nor consumers (decision 0017), so every message names what makes them. */
export const PROVISION = '`missions provision` makes it';

const RETRY = { firstMs: 100, maxMs: 2_000 };
/** While something is missing, the log says so about every 20 s. */
const LOG_EVERY = 10;

/**
 * Waits until the streams exist, and says in the log and in `connection.missing` which one does not.
 * @throws Problem INTERNAL when the server refuses the question; UNAVAILABLE when the connection is closed meanwhile.
 */
export async function awaitStreams(connection: Connection, names: readonly StreamName[]): Promise<void> {
  await Promise.all(
    names.map((name) =>
      awaitProvisioned(connection, `stream ${name}`, async ({ streams }) =>
        (await streams.info(name).catch(undefinedIfNotFound)) ? undefined : 'does not exist',
      ),
    ),
  );
}

/** Waits until the durable consumer exists and is given at least these subjects. @throws Problem as `awaitStreams`. */
export async function awaitConsumer(
  connection: Connection,
  { stream, durable, subjects = [] }: { stream: StreamName; durable: string; subjects?: readonly string[] },
): Promise<void> {
  await awaitProvisioned(connection, `consumer ${durable} of ${stream}`, async ({ consumers }) => {
    const info = await consumers.info(stream, durable).catch(undefinedIfNotFound);
    if (!info) return 'does not exist';
    const given = filtersOf(info.config);
    const lacking = given.length === 0 ? [] : subjects.filter((subject) => !given.includes(subject));
    return lacking.length === 0 ? undefined : `is not given ${lacking.join(', ')}`;
  });
}

/**
 * Up to which number of the stream every message that the consumer is given was acknowledged; undefined if there is no
 * such consumer. What a handler has committed before its acknowledgement is there for whoever reads afterwards.
 */
export async function handledUpTo(
  connection: Connection,
  stream: StreamName,
  durable: string,
): Promise<number | undefined> {
  const manager = await connection.nc.jetstreamManager({ checkAPI: false });
  const look = () => manager.consumers.info(stream, durable).catch(undefinedIfNotFound);
  return (await connection.whileConnected(look))?.ack_floor.stream_seq;
}

/** The subjects that a consumer is restricted to; none if it is given all. */
export const filtersOf = ({ filter_subject, filter_subjects }: Partial<ConsumerConfig>): readonly string[] =>
  filter_subjects ?? (filter_subject ? [filter_subject] : []);

/** @param look answers what is wrong, and undefined if nothing is. */
async function awaitProvisioned(
  connection: Connection,
  what: string,
  look: (manager: JetStreamManager) => Promise<string | undefined>,
): Promise<void> {
  const { logger, missing } = connection;
  try {
    for (let attempt = 1; ; attempt++) {
      const wrong = await whenAnswered(connection, what, look);
      if (wrong === undefined) return;
      const message = `${what} ${wrong}: ${PROVISION}`;
      missing.set(what, message);
      if (attempt % LOG_EVERY === 1) logger.error({ what, attempt }, message);
      await delay(backoff(attempt, RETRY));
    }
  } finally {
    missing.delete(what);
  }
}

/**
 * Repeats a question or a step of the set-up until the server answers. @throws Problem INTERNAL when the server refuses
 * it; UNAVAILABLE when the connection is closed meanwhile.
 */
export async function whenAnswered<T>(
  connection: Connection,
  what: string,
  step: (manager: JetStreamManager) => Promise<T>,
): Promise<T> {
  for (let attempt = 1; ; attempt++) {
    try {
      const manager = await connection.nc.jetstreamManager({ checkAPI: false });
      return await connection.whileConnected(() => step(manager));
    } catch (error) {
      const problem = natsProblem(error, what);
      const isTransient = problem.code === 'UNAVAILABLE' || problem.code === 'TIMEOUT' || isNotFound(error);
      if (!isTransient || connection.status === 'closed') {
        connection.logger.error({ err: error, what }, 'NATS does not answer about a stream or consumer');
        throw isTransient ? problem : new Problem('INTERNAL', `NATS refuses ${what}: ${String(error)}`);
      }
      connection.logger.warn({ err: error, what, attempt }, 'NATS does not answer about a stream or consumer yet');
      await delay(backoff(attempt, RETRY));
    }
  }
}
