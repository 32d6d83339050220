import { inLine, inLines } from './lines.ts';

/**
 * What a stranger or a user wrote, between delimiters that it cannot close. The mark is random, made for this text after it was written, and the
 * opening and closing tags bear it; inside, nothing that reads like such a tag is left. The prompt fragment tells models what the tags mean.
 */
export function untrusted(source: string, text: string, most = 4_000): string {
  const inside = inLines(text, most);
  let mark = newMark();
  while (inside.includes(mark)) mark = newMark();
  // Quotation marks would end the attribute: a sender chooses his own name and address.
  return `<untrusted source="${inLine(source, 150).replaceAll(/["<>]/g, "'")}" mark="${mark}">\n${inside}\n</untrusted mark="${mark}">`;
}

/** 40 random bits: a sender has one guess for each message. */
function newMark(): string {
  return Array.from(
    crypto.getRandomValues(new Uint8Array(8)),
    (byte) => 'abcdefghijklmnopqrstuvwxyz234567'[byte & 31],
  ).join('');
}
