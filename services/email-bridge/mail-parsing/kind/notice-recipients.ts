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

const NEGATED =
  /(?:^|[^\p{L}])(?:not|no|never|un\p{L}+|nicht|kein\p{L}*|non|não|niet|pas|ne|не|ikke|inte|ei|nie|nem|nu|değil)(?:$|[^\p{L}])|n't/u;
const hasCode = (text: string): boolean => /(?:^|[\s#(:])[45](?:\d\d[\s-]|\.\d{1,3}\.\d{1,3}\b)/.test(text);
const isAccepted = (text: string): boolean => /(?:^|[\s#(:])2(?:[05]0[\s-]|\.\d\.\d{1,3}\b)/.test(text);

const saysFailed = (text: string): boolean => says(text, failed) || says(text, delayed) || hasCode(text);
/** `not delivered` holds `delivered`, but says the contrary. */
const saysDelivered = (text: string): boolean => says(text, delivered) && !NEGATED.test(text) && !saysFailed(text);

export function recipientsInNotice(lines: readonly string[]): NamedRecipient[] {
  const found: NamedRecipient[] = [];
  const inSentences: NamedRecipient[] = [];
  /** A heading goes on until the next one: what a server says about the addresses below it. */
  let isDelivered = false;
  for (const [at, line] of lines.entries()) {
    const text = folded(line);
    const start = continuesHelp(lines[at - 1], line) ? undefined : addressAtStart(line);
    if (start === undefined && text !== '') {
      if (saysFailed(text) || (text.endsWith(':') && NEGATED.test(text))) isDelivered = false;
      else if (text.endsWith(':') && saysDelivered(text)) isDelivered = true;
    }
    const address = start ?? addressInSentence(line);
    if (address === undefined) continue;
    const rest = line.slice(line.indexOf(address) + address.length);
    const explanation = explanationAt(lines, at, rest);
    // Below a blank line, the server speaks of others.
    const said = folded(`${line.slice(0, line.indexOf(address))} ${explanation.split(/\n\s*\n/, 1)[0] ?? ''}`);
    const isReached =
      start !== undefined && !saysFailed(said) && (isDelivered || saysDelivered(said) || isAccepted(said));
    if (!isReached) (start === undefined ? inSentences : found).push({ address, explanation, line });
  }
  const named = distinct([...found, ...inSentences.filter(({ line }) => found.length === 0 || hasCode(line))]);
  const others = named.filter(
    ({ address }) => !/^(?:postmaster|abuse|helpdesk|support|mailer-daemon|no-?reply)@/i.test(address),
  );
  return others.length > 0 ? others : named;
}

/** `For help contact admin@example.com or` and below it the next address. */
const continuesHelp = (above: string | undefined, line: string): boolean =>
  above !== undefined &&
  /(?:,|[^\p{L}](?:or|and|at|to|oder|und|an|ou|et|o|y|e|of|en|или|и))\s*$/iu.test(above) &&
  says(folded(above), help) &&
  !saysFailed(folded(line));

function distinct(all: readonly NamedRecipient[]): NamedRecipient[] {
  const byAddress = new Map<string, NamedRecipient>();
  for (const one of all) if (!byAddress.has(one.address.toLowerCase())) byAddress.set(one.address.toLowerCase(), one);
  return [...byAddress.values()];
}

/** Signs that servers put in front of a recipient. */
const BEFORE = String.raw`[ \t]*(?:[*•>#-]{1,4}[ \t]+|\d{1,3}[.)][ \t]+)?`;
const ADDRESS = String.raw`[^\s<>()"':;,：；，\[\]]{1,64}@[^\s<>()"':;,：；，。\[\]]{1,253}`;
const AT_START = new RegExp(
  String.raw`^${BEFORE}[<"'\[(]?(?:mailto:)?(${ADDRESS})[>"'\])]?[.,;:]*(?=\s|$|<|\.\.\.)`,
  'i',
);
/** `Sarah (sarah@example.com)`, `Sarah Miller <sarah@example.com>` */
const BEHIND_NAME = new RegExp(String.raw`^${BEFORE}[^@<>():.]{1,60} [(<](${ADDRESS})[)>]`);
/** `Unknown user: sarah@example.com`, `Recipient: <sarah@example.com>` */
const BEHIND_LABEL = new RegExp(
  String.raw`^[ \t]*([^@<>:：]{2,80})[:：][ \t]*[<"']?(?:rfc822;[ \t]*)?(${ADDRESS})[>"']?[.,;]?[ \t]*$`,
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

/**
 * The one address of which a sentence says that something failed. What stands between an address and the one before it
 * belongs to it: `delivered to john@example.com but not to sarah@example.com`.
 */
function addressInSentence(line: string): string | undefined {
  if (!line.includes('@') || !saysFailed(folded(line))) return undefined;
  const all = [...line.slice(0, 500).matchAll(new RegExp(ADDRESS, 'g'))];
  const named = all.flatMap((match, index) => {
    const before = all[index - 1];
    const from = Math.max(before === undefined ? 0 : before.index + before[0].length, match.index - 60);
    const words = folded(line.slice(from, match.index));
    const address = usable(match[0]);
    return address === undefined ||
      saysDelivered(words) ||
      says(words.slice(-40), help) ||
      /(?:^| )(?:from|von|de|da|van|от)$/.test(words)
      ? []
      : [address];
  });
  return new Set(named.map((one) => one.toLowerCase())).size === 1 ? named[0] : undefined;
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
