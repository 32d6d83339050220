import { createHmac, timingSafeEqual } from 'node:crypto';
import { type NoticeTopic, noticeTopics } from '@missions/contracts/notifier/preferences.ts';
import type { UserKey } from '../store/people.ts';

/** What a mail is about, and therefore what one click ends. */
export type MailTopic = NoticeTopic | 'digest';

export interface Unsubscription extends UserKey {
  readonly topics: readonly MailTopic[];
}

const sign = (key: string, text: string): Buffer => createHmac('sha256', key).update(text).digest();

/**
 * The end of the address in List-Unsubscribe (RFC 8058): who has the mail may end such mail, and nothing else. It is
 * signed, so that nothing is stored for each mail, and works as long as the mail is kept.
 */
export function unsubscribeToken(key: string, { customer_id, user_id, topics }: Unsubscription): string {
  const text = Buffer.from(JSON.stringify([customer_id, user_id, ...topics])).toString('base64url');
  return `${text}.${sign(key, text).toString('base64url')}`;
}

/** Undefined for what this service has not signed. */
export function readUnsubscribeToken(key: string, token: string): Unsubscription | undefined {
  const [text = '', signature = ''] = token.split('.');
  const [expected, given] = [sign(key, text), Buffer.from(signature, 'base64url')];
  if (given.length !== expected.length || !timingSafeEqual(given, expected)) return undefined;
  const [customer_id = '', user_id = '', ...topics] = JSON.parse(Buffer.from(text, 'base64url').toString()) as string[];
  const known: readonly string[] = [...noticeTopics, 'digest'];
  return { customer_id, user_id, topics: topics.filter((topic): topic is MailTopic => known.includes(topic)) };
}
