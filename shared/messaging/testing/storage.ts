import { connect, nanos, type NatsConnection } from 'nats';
import type { StreamName } from '@missions/contracts/subjects.ts';

/** Destroys the storage of a stream, for tests of a recovery. @param url with a user who may do so. */
export async function loseStream(
  url: string,
  stream: StreamName,
  how: 'deleted' | 'purged' = 'deleted',
): Promise<void> {
  await withConnection(url, async (nc) => {
    const { streams } = await nc.jetstreamManager();
    await (how === 'deleted' ? streams.delete(stream) : streams.purge(stream));
  });
}

/** Removes one message, as a roll-back of the storage (the last message) or a damage of it would. */
export async function loseMessage(url: string, stream: StreamName, sequence: number): Promise<void> {
  await withConnection(
    url,
    async (nc) => void (await (await nc.jetstreamManager()).streams.deleteMessage(stream, sequence)),
  );
}

/**
 * What a process that was killed had taken from a stream comes to another one after 2 s instead of 30, also what it
 * holds already. Until the next provisioning, whoever works on a message for longer gets it twice.
 */
export async function returnSoon(url: string, stream: StreamName, durable: string): Promise<void> {
  await withConnection(
    url,
    async (nc) =>
      void (await (await nc.jetstreamManager()).consumers.update(stream, durable, { ack_wait: nanos(2_000) })),
  );
}

async function withConnection(url: string, act: (nc: NatsConnection) => Promise<void>): Promise<void> {
  const { username: user, password: pass, host } = new URL(url);
  const nc = await connect({ servers: host, user, pass });
  try {
    await act(nc);
  } finally {
    await nc.close();
  }
}
