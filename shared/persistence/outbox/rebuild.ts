import { type StreamName, streams } from '@missions/contracts/subjects.ts';
import type { EventEnvelope } from '@missions/contracts/event.ts';
import { UsageError, AdminFailure } from '@missions/runtime/admin-program.ts';
import { connectStandalone } from '../session.ts';
import { type Republished, republish } from './republish.ts';

/** An operator's connection to the bus, as far as it is needed here. */
export interface StreamAccess {
  ensureStream(name: StreamName): Promise<void>;
  eventIdsInStream(name: StreamName): Promise<Set<string>>;
  publish(event: EventEnvelope): Promise<{ duplicate: boolean }>;
  close(): Promise<void>;
}

export interface RebuildOptions {
  service: string;
  /** Of the service's own role. */
  url: string;
  connect: () => Promise<StreamAccess>;
  /** As the operator wrote it. */
  stream: string | undefined;
  dryRun: boolean;
}

const refillable = Object.keys(streams).filter((name) => name !== 'DEADLETTER');
/** The outbox has no index for this: it is read through once, page by page. */
const TIMEOUT_MS = 60_000;

/** Puts back into a stream what it has lost of a service's events, and makes the stream if it is gone. @throws Misuse, Refused */
export async function rebuildStream({
  service,
  url,
  connect,
  stream,
  dryRun,
}: RebuildOptions): Promise<Republished & { service: string }> {
  if (stream === undefined || !refillable.includes(stream)) {
    throw new UsageError(
      `Name one of the streams ${refillable.join(', ')}. Dead letters are kept nowhere else and cannot be rebuilt.`,
    );
  }
  const name = stream as StreamName;
  const schema = service.replaceAll('-', '_');
  const client = await connectStandalone({ url, schema, statementTimeoutMs: TIMEOUT_MS, name: 'operator' });
  try {
    const access = await connect();
    try {
      if (!dryRun) await access.ensureStream(name);
      const { subjects } = streams[name];
      const target = {
        subjects,
        held: () => access.eventIdsInStream(name),
        publish: (event: EventEnvelope) => access.publish(event),
      };
      const answer = { service, ...(await republish(client, target, { dryRun })) };
      if (answer.taken_for_repetitions > 0) {
        throw new AdminFailure(
          `${service}: ${answer.taken_for_repetitions} events were not stored, because ${name} still knows their ids from before it was emptied. It forgets them after two minutes: call this again then.`,
          answer,
        );
      }
      return answer;
    } finally {
      await access.close();
    }
  } finally {
    await client.end();
  }
}
