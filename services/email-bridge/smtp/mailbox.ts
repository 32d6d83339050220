import { parseAddress } from '@missions/contracts/email/address.ts';
import { decodeWords } from 'postal-mime';
import { sanitizeLine } from '../mail-parsing/sanitize.ts';

/**
 * A caller's address for nodemailer, as name and address, so that no part of one can be read as a second address. A
 * name that comes in encoded words (RFC 2047), as copied from a header, is decoded: nodemailer would quote the words.
 * The white space and control characters that they may hide become one space.
 */
export function mailbox(text: string): { name: string; address: string } {
  const { name, address } = parseAddress(text);
  return { name: sanitizeLine(decodeWords(name), 200), address };
}
