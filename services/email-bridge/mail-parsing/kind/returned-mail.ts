import { fromNobody, isMailServer } from './automatic.ts';
import { addressesOf, header, isAddress, messageIds } from '../headers.ts';
import { oneLine } from '../sanitize.ts';
import type { Failure } from './delivery-report.ts';
import type { Mime } from '../mime.ts';

/** Mail that came back without a report (RFC 3464) that machines can read: qmail, older Exim, and whatever else a mail server says in prose. */

const SUBJECT =
  /\b(?:undeliver(?:able|ed)|non[ -]?delivery|returned (?:mail|to sender)|return receipt|mail delivery (?:failed|failure|system|subsystem)|delivery (?:status notification|failure|has failed|delayed|problem|incomplete)|failure notice|delivery notification|message (?:delayed|undelivered)|could not be delivered|couldn't be delivered|warning: (?:message|could not send)|unzustellbar|nicht zugestellt|non remis|échec de (?:la )?remise|no se (?:ha )?pud[eo] entregar|mancata consegna|não entregue|onbestelbaar)/iu;

export const isReturnedMail = (mime: Mime, from: string, subject: string): boolean =>
  (fromNobody(mime) || (isMailServer(from) && !ANSWER.test(subject))) &&
  (SUBJECT.test(subject) || header(mime, 'x-failed-recipients') !== '');

/** A postmaster is also a person, who answers. */
const ANSWER = /^\s*(?:re|aw|sv|antw|fwd?|wg|tr|rv|rif|res)\s*:/i;

/** What was returned is quoted below one of these; its addresses are not those that failed. */
const COPY =
  /^(?:[ \t]*-{2,}.*(?:copy|original message|returned message|unsent message|message header|the (?:headers|body)|nachricht)|received: |return-path: )/iu;
const DELAYED =
  /\b(?:delayed|delay|will be retried|still being retried|not yet been delivered|keep trying|still trying|warning message only|no action is required|do not need to resend)\b/i;
const FAILED =
  /\b(?:fail(?:ed|ure)?|undeliver(?:able|ed)|permanent|could(?: not|n't) be delivered|returned|rejected|does not exist|doesn't exist|unknown user|user unknown|no such user|unzustellbar)\b/i;
const MAX_TEXT = 20_000;
const MAX_RECIPIENTS = 20;

/** Only recipients that stand where a server names them: in a header for it, or alone at the beginning of a line. */
export function failuresIn(mime: Mime, text: string, subject: string): Failure[] {
  const all = text
    .slice(0, MAX_TEXT)
    .split('\n')
    .map((line) => line.slice(0, 500));
  const copy = all.findIndex((line) => COPY.test(line));
  const lines = copy === -1 ? all : all.slice(0, copy);
  const notice = lines.join('\n');
  const delayed = DELAYED.test(`${subject}\n${notice}`);
  const found = new Map<string, Failure>();
  const add = (recipient: string, near: string): void => {
    if (found.has(recipient.toLowerCase()) || found.size >= MAX_RECIPIENTS) return;
    const status = /(?:^|[\s#(])([45]\.\d{1,3}\.\d{1,3})\b/.exec(near)?.[1] ?? '';
    const code = /(?:^|\s)([45])\d\d[\s-]/.exec(near)?.[1] ?? status[0];
    const permanent = !delayed && (code === '5' || (code === undefined && FAILED.test(`${subject}\n${notice}`)));
    found.set(recipient.toLowerCase(), { recipient, permanent, status, reason: oneLine(near, 500) });
  };
  lines.forEach((line, at) => {
    const recipient = named(line);
    if (recipient) add(recipient, reasonFrom(lines, at, line.slice(line.indexOf(recipient) + recipient.length)));
  });
  for (const recipient of addressesOf(mime, ['x-failed-recipients'])) add(recipient, notice);
  return [...found.values()];
}

/** `<sarah@example.com>:`, `    sarah@example.com`, `Sarah (sarah@example.com)` */
function named(line: string): string | undefined {
  const plain =
    /^[ \t]*<?([^\s<>()]+@[^\s<>():]+)>?:?(?=\s|$)/.exec(line)?.[1] ??
    /^[ \t]*[^@<>()]{1,100} \(([^\s<>()]+@[^\s<>()]+)\)/.exec(line)?.[1];
  return plain !== undefined && isAddress(plain) ? plain : undefined;
}

/** What stands behind the address and below it, up to the next one. */
function reasonFrom(lines: readonly string[], at: number, rest: string): string {
  const below: string[] = [];
  for (const line of lines.slice(at + 1, at + 8)) {
    if (named(line) || (line.trim() === '' && below.some((one) => one.trim() !== ''))) break;
    below.push(line);
  }
  return [rest.replace(/^[>)\s:]+/, ''), ...below].join('\n');
}

/** Message-IDs of what a bounce returns, whole or its headers only, attached or quoted. */
export function returnedIds(mime: Mime, text: string): string[] {
  const attached = mime.attachments.filter(({ type }) =>
    /^(?:message\/(?:rfc822|global|rfc822-headers|global-headers)|text\/rfc822-headers)$/.test(type),
  );
  const texts = [
    ...attached.slice(0, 3).map(({ content }) => Buffer.from(content).toString('latin1', 0, 64_000)),
    text.slice(0, 64_000),
  ];
  return [
    ...new Set(
      texts.flatMap((one) => messageIds(/^[ \t>]*message-id:[ \t]*(?:\r?\n[ \t]+)?(\S{1,998})/im.exec(one)?.[1] ?? '')),
    ),
  ];
}
