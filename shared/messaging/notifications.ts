import { liveSubject } from '@missions/contracts/subjects.ts';
import type { Connection } from './connection.ts';

/**
 * Hints that something of a user changed, for those who are looking right now. Core NATS and lossy on purpose: a hint says only
 * that it is worth reading again, and who misses one reads from the database by event id.
 */
export function notify(link: Connection, customerId: string, userId: string, payload: object): void {
  // Buffered hints would arrive when they say nothing new.
  if (!link.connected || link.nc.isDraining()) return;
  link.nc.publish(liveSubject(customerId, userId), JSON.stringify(payload));
}

/** Answers the function that unsubscribes. */
export function onNotification(
  link: Connection,
  customerId: string,
  userId: string,
  fn: (payload: unknown) => void,
): () => void {
  return subscribe(link, liveSubject(customerId, userId), ({ body }) => {
    let payload: unknown;
    try {
      payload = JSON.parse(body);
    } catch {
      return link.logger.warn('ignored a hint that is not JSON');
    }
    fn(payload);
  });
}

export interface SubjectMessage {
  subject: string;
  body: string;
  headers: Record<string, string[]>;
}

/** Sees what passes on a subject, stored or not; for hints and for tests. `fn` must not throw. */
export function subscribe(link: Connection, subject: string, fn: (message: SubjectMessage) => void): () => void {
  const subscription = link.nc.subscribe(subject, {
    callback: (error, message) => {
      if (error) return link.logger.error({ err: error, subject }, 'cannot subscribe');
      fn({ subject: message.subject, body: message.string(), headers: Object.fromEntries(message.headers ?? []) });
    },
  });
  return () => {
    if (!subscription.isClosed()) subscription.unsubscribe();
  };
}
