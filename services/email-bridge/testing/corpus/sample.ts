import type { IncomingMessage } from '../../domain/incoming-message.ts';

/** A message, and what is to be read in it. Everything that is not named is not looked at. */
export interface Sample {
  readonly name: string;
  readonly raw: Uint8Array;
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
export const SENT_ID = `<0198c0de-0000-7000-8000-000000000001.${TOKEN}@missions.example>`;

const usual = {
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

/** Null takes a usual header away. Line ends become CRLF. */
export function mail(headers: Record<string, string | null>, body: string): Uint8Array {
  const all = Object.entries({ ...usual, ...headers }).filter(([, value]) => value !== null);
  return new TextEncoder().encode(
    `${all.map(([name, value]) => `${name}: ${value}`).join('\n')}\n\n${body}`.replace(/\r?\n/g, '\r\n'),
  );
}

export interface Part {
  readonly type: string;
  readonly body: string;
  readonly headers?: string;
}

export const multipart = (boundary: string, parts: readonly Part[]): string =>
  `${parts.map(({ type, body, headers = '' }) => `--${boundary}\nContent-Type: ${type}\n${headers === '' ? '' : `${headers}\n`}\n${body}\n`).join('')}--${boundary}--\n`;

export const base64 = (text: string | Uint8Array): string =>
  (
    Buffer.from(text)
      .toString('base64')
      .match(/.{1,76}/g) ?? []
  ).join('\n');
