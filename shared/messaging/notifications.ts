import { liveSubject } from '@missions/contracts/subjects.ts';
import type { Connection } from './connection.ts';

/**
 * Notifies the open streams of a user that something has changed. Core NATS and lossy on purpose: a notification says
 * only that it is worth reading again, and a client that missed one reads the missing events from the database by event
 * id.
 */
export function notify(connection: Connection, customerId: string, userId: string, payload: object): void {
  // Otherwise the library would buffer the notification, and deliver it when it is no longer news.
  const isNews = () => connection.connected && !connection.nc.isDraining();
  const send = () => isNews() && connection.nc.publish(liveSubject(customerId, userId), JSON.stringify(payload));
  if (isNews()) connection.outgoing.add(send);
}

/** @returns the function that unsubscribes. */
export function onNotification(
  connection: Connection,
  customerId: string,
  userId: string,
  fn: (payload: unknown) => void,
): () => void {
  return subscribe(connection, liveSubject(customerId, userId), ({ body }) => {
    let payload: unknown;
    try {
      payload = JSON.parse(body);
    } catch {
      return connection.logger.warn('a notification that is not JSON was ignored');
    }
    fn(payload);
  });
}

export interface SubjectMessage {
  subject: string;
  body: string;
  headers: Record<string, string[]>;
}

/**
 * Receives all messages of a subject, stored in a stream or not; for notifications and for tests. `fn` must not throw.
 * @returns the function that unsubscribes.
 */
export function subscribe(connection: Connection, subject: string, fn: (message: SubjectMessage) => void): () => void {
  const subscription = connection.nc.subscribe(subject, {
    callback: (error, message) => {
      if (error) return connection.logger.error({ err: error, subject }, 'the server refused a subscription');
      fn({ subject: message.subject, body: message.string(), headers: Object.fromEntries(message.headers ?? []) });
    },
  });
  return () => {
    if (!subscription.isClosed()) subscription.unsubscribe();
  };
}
