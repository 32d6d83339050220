import { isAddress } from '../headers.ts';
import { folded, phrasesOf } from '../tables/table.ts';

/**
 * Finds the recipients that a mail server's notice in prose says it did not reach. A notice names others as well: who got
 * the message, whom to ask, who wrote it. So an address counts where servers put failed recipients: at the beginning of a
 * line or behind a label, unless the lines above say that those below were reached; or in a sentence that says so.
 */
export interface NamedRecipient {
  readonly address: string;
  /** The text behind it, in its line and below. */
  readonly explanation: string;
  readonly line: string;
}

const [failed, delivered, help, delayed] = ['failed', 'delivered', 'help', 'delayed'].map((kind) =>
  phrasesOf('returned-phrases', kind),
) as [string[], string[], string[], string[]];
const says = (text: string, phrases: readonly string[]): boolean => phrases.some((one) => text.includes(one));

/** `not delivered` holds `delivered`, but says the contrary. */
const saysDelivered = (text: string): boolean =>
  says(text, delivered) && !/\b(?:not|n't|un|nicht|no|non|não|niet|pas|не)\b/u.test(text);

export function recipientsInNotice(lines: readonly string[]): NamedRecipient[] {
  const found: NamedRecipient[] = [];
  const inSentences: NamedRecipient[] = [];
  let isDelivered = false;
  for (const [at, line] of lines.entries()) {
    const text = folded(line);
    const start = addressAtStart(line);
    if (start === undefined && text !== '') {
      // A heading goes on until the next one: what a server says about the addresses below it.
      if (saysDelivered(text)) isDelivered = true;
      else if (says(text, failed) || says(text, delayed)) isDelivered = false;
    }
    const address = start ?? addressInSentence(line, text);
    if (address === undefined) continue;
    const rest = line.slice(line.indexOf(address) + address.length);
    const named = { address, explanation: explanationAt(lines, at, rest), line };
    if (saysDelivered(text) || (isDelivered && !says(text, failed))) continue;
    (start === undefined ? inSentences : found).push(named);
  }
  return distinct([...found, ...inSentences.filter(({ line }) => found.length === 0 || hasCode(line))]);
}

const hasCode = (line: string): boolean => /(?:^|[\s#(:])[45](?:\d\d[\s-]|\.\d{1,3}\.\d{1,3}\b)/.test(line);

function distinct(all: readonly NamedRecipient[]): NamedRecipient[] {
  const byAddress = new Map<string, NamedRecipient>();
  for (const one of all) if (!byAddress.has(one.address.toLowerCase())) byAddress.set(one.address.toLowerCase(), one);
  return [...byAddress.values()];
}

/** Signs that servers put in front of a recipient. */
const BEFORE = String.raw`[ \t]*(?:[*•>#-]{1,4}[ \t]+|\d{1,3}[.)][ \t]+)?`;
const ADDRESS = String.raw`[^\s<>()"':;,\[\]]{1,64}@[^\s<>()"':;,\[\]]{1,253}`;
const AT_START = new RegExp(
  String.raw`^${BEFORE}[<"'\[(]?(?:mailto:)?(${ADDRESS})[>"'\])]?[.,;:]*(?=\s|$|<|\.\.\.)`,
  'i',
);
/** `Sarah (sarah@example.com)`, `Sarah Miller <sarah@example.com>` */
const BEHIND_NAME = new RegExp(String.raw`^${BEFORE}[^@<>():.]{1,60} [(<](${ADDRESS})[)>]`);
/** `Unknown user: sarah@example.com`, `Recipient: <sarah@example.com>` */
const BEHIND_LABEL = new RegExp(
  String.raw`^[ \t]*([^@<>:]{2,80}):[ \t]*[<"']?(?:rfc822;[ \t]*)?(${ADDRESS})[>"']?[.,;]?[ \t]*$`,
  'i',
);
const LABELS =
  /recipient|\bto\b|user|mailbox|address|account|empfänger|destinatai?r|destinatario|destinatário|adres|получател|收件|宛先|수신/iu;

/** The recipient at the beginning of a line, or behind a label that says what it is. */
function addressAtStart(line: string): string | undefined {
  const atStart = AT_START.exec(line)?.[1];
  if (atStart !== undefined) return usable(atStart);
  const [, label = '', labelled] = BEHIND_LABEL.exec(line) ?? [];
  if (labelled !== undefined && !says(folded(`${label}:`), help) && (LABELS.test(label) || says(folded(label), failed)))
    return usable(labelled);
  const behind = labelled === undefined ? BEHIND_NAME.exec(line) : undefined;
  return behind?.[1] !== undefined && !says(folded(line.slice(0, line.indexOf(behind[1]))), help)
    ? usable(behind[1])
    : undefined;
}

/** The one address in a line that says that something failed, unless the line says whom to ask. */
function addressInSentence(line: string, text: string): string | undefined {
  if (!line.includes('@') || !(says(text, failed) || says(text, delayed) || hasCode(line))) return undefined;
  const all = [...line.slice(0, 500).matchAll(new RegExp(ADDRESS, 'g'))].map(([address]) => ({
    address: usable(address),
    at: line.indexOf(address),
  }));
  const named = all.filter(
    ({ address, at }) => address !== undefined && !says(folded(line.slice(Math.max(0, at - 40), at)), help),
  );
  const distinctOnes = new Set(named.map(({ address }) => address?.toLowerCase()));
  return distinctOnes.size === 1 ? named[0]?.address : undefined;
}

function usable(address: string): string | undefined {
  const bare = address.replace(/^mailto:/i, '').replace(/\.+$/, '');
  return isAddress(bare) ? bare : undefined;
}

/** The text after the recipient, in its line and in the lines below it up to a blank line or the next recipient. */
function explanationAt(lines: readonly string[], at: number, rest: string): string {
  const below: string[] = [];
  for (const line of lines.slice(at + 1, at + 8)) {
    if (addressAtStart(line) !== undefined || (line.trim() === '' && below.some((one) => one.trim() !== ''))) break;
    below.push(line);
  }
  return [rest.replace(/^[>)"'\]\s:,.]+/, ''), ...below].join('\n');
}
