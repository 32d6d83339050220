import { inLine, inLines } from './lines.ts';

/**
 * Quotes text of a stranger or a user between delimiters that the text cannot close. Both tags carry a random mark that
 * is chosen after the text was written, and everything in the text that looks like such a tag is changed. The prompt
 * fragment explains the tags to models.
 */
export function untrusted(source: string, text: string, most = 4_000): string {
  const inside = inLines(text, most);
  let mark = newMark();
  while (inside.includes(mark)) mark = newMark();
  // A quotation mark would end the attribute: senders choose their own names and addresses.
  return `<untrusted source="${inLine(source, 150).replaceAll(/["<>]/g, "'")}" mark="${mark}">\n${inside}\n</untrusted mark="${mark}">`;
}

/** 40 random bits: a sender can guess only once per message. */
function newMark(): string {
  return Array.from(
    crypto.getRandomValues(new Uint8Array(8)),
    (byte) => 'abcdefghijklmnopqrstuvwxyz234567'[byte & 31],
  ).join('');
}
