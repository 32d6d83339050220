import { connect } from 'nats';
import type { StreamName } from '@missions/contracts/subjects.ts';

/** What happens to a stream's storage, as a test makes it happen. @param url of a user who may. */
export async function loseStream(
  url: string,
  stream: StreamName,
  how: 'deleted' | 'purged' = 'deleted',
): Promise<void> {
  const { username: user, password: pass, host } = new URL(url);
  const nc = await connect({ servers: host, user, pass });
  try {
    const { streams } = await nc.jetstreamManager();
    await (how === 'deleted' ? streams.delete(stream) : streams.purge(stream));
  } finally {
    await nc.close();
  }
}

/** Rolled back by one message, or with a hole. */
export async function loseMessage(url: string, stream: StreamName, sequence: number): Promise<void> {
  const { username: user, password: pass, host } = new URL(url);
  const nc = await connect({ servers: host, user, pass });
  try {
    await (await nc.jetstreamManager()).streams.deleteMessage(stream, sequence);
  } finally {
    await nc.close();
  }
}
