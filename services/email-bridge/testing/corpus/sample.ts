import type { IncomingMessage } from '../../domain/incoming-message.ts';

/** A message and its expected reading. Fields that `expected` does not name are not compared. */
export interface Sample {
  /** A noun phrase for the title of the test: "reads as a bounce: <name>". */
  readonly name: string;
  readonly raw: Uint8Array;
  /** Recipients that the delivering server named. */
  readonly envelopeTo?: readonly string[];
  readonly expected: Expected;
}

export interface Expected extends Partial<
  Pick<
    IncomingMessage,
    'kind' | 'message_id' | 'snippet' | 'subject' | 'from' | 'references' | 'addressed_to' | 'failures'
  >
> {
  readonly text?: string;
  readonly textHas?: readonly string[];
  readonly textLacks?: readonly string[];
  readonly snippetHas?: readonly string[];
  readonly snippetLacks?: readonly string[];
}

export const TOKEN = 'abcdefghijklmnopqrstuvwx27';
export const REPLY_TO = `reply+${TOKEN}@missions.example`;
/** The Message-ID of the e-mail that the samples reply to. */
export const SENT_ID = `<0198c0de-0000-7000-8000-000000000001.${TOKEN}@missions.example>`;

const defaultHeaders = {
  From: 'Sarah Miller <sarah@example.com>',
  To: `Ada <${REPLY_TO}>`,
  Subject: 'Re: Q1 budget',
  Date: 'Tue, 13 Jan 2026 10:00:00 +0000',
  'Message-ID': '<answer-1@example.com>',
  'In-Reply-To': SENT_ID,
  References: SENT_ID,
  'MIME-Version': '1.0',
  'Content-Type': 'text/plain; charset=utf-8',
};

/** A message with Sarah's default headers; null removes a header. Line ends become CRLF. */
export function mail(headers: Record<string, string | null>, body: string): Uint8Array {
  const all = Object.entries({ ...defaultHeaders, ...headers }).filter(([, value]) => value !== null);
  return new TextEncoder().encode(
    `${all.map(([name, value]) => `${name}: ${value}`).join('\n')}\n\n${body}`.replace(/\r?\n/g, '\r\n'),
  );
}

/** A message whose only text is this HTML. */
export const htmlMail = (body: string, headers: Record<string, string | null> = {}): Uint8Array =>
  mail({ 'Content-Type': 'text/html; charset=utf-8', ...headers }, body);

export interface Part {
  readonly type: string;
  readonly body: string;
  readonly headers?: string;
}

/** The body of a multipart (RFC 2046). */
export const multipart = (boundary: string, parts: readonly Part[]): string =>
  [...parts.map((part) => `--${boundary}\n${entity(part)}\n`), `--${boundary}--\n`].join('');

const entity = ({ type, body, headers = '' }: Part): string =>
  `Content-Type: ${type}\n${headers === '' ? '' : `${headers}\n`}\n${body}`;

/** Joins lines with `\n`. */
export const lines = (...texts: readonly string[]): string => texts.join('\n');

/** In lines of 76 characters (RFC 2045 section 6.8). */
export const base64 = (text: string | Uint8Array): string =>
  (
    Buffer.from(text)
      .toString('base64')
      .match(/.{1,76}/g) ?? []
  ).join('\n');

/** The headers of the message that was returned. */
export const returnedHeaders = lines(
  `Message-ID: ${SENT_ID}`,
  'From: Ada <reply@missions.example>',
  'To: sarah@example.com',
  'Subject: Q1 budget',
  '',
);
/** RFC 5321 section 4.5.5: notices have the null reverse-path. */
export const nullReversePath = { 'Return-Path': '<>', 'In-Reply-To': null, References: null };
