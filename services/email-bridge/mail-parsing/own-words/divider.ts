import { folded, phrasesOf } from '../tables/table.ts';
import { hasDate } from './line.ts';

const dashed = phrasesOf('dividers', 'dashed');
const plain = phrasesOf('dividers', 'plain');
const above = phrasesOf('dividers', 'above');

/** A line of dashes with words in it. */
export const isDashed = (line: string): boolean =>
  line.length < 200 &&
  /^[ \t]*[-‐–—_=*~─━]{2,}[ \t]*[^\s\-‐–—_=*~─━]/.test(line) &&
  /[-‐–—_=*~─━]{2,}[ \t]*$/.test(line);

/** The line that a program puts above a forwarded or answered message: `---------- Forwarded message ---------`. */
export function isDivider(line: string): boolean {
  if (line.length > 200) return false;
  // GroupWise: `>>> Ada <ada@example.com> 1/13/2026 9:12 AM >>>`
  if (line.startsWith('>>> ') && line.endsWith(' >>>') && hasDate(line)) return true;
  const title = /^[ \t]*[-‐–—_=*~─━]{2,}[ \t]*([^\s\-‐–—_=*~─━].*)$/u.exec(line)?.[1];
  if (title !== undefined && dashed.some((one) => folded(title).startsWith(one))) return true;
  return /[:：]$/.test(line) && plain.some((one) => folded(line) === `${one}:`);
}

/** The line of a ticket system above which its user has to answer: `##- Please type your reply above this line -##`. */
export const isReplyLine = (line: string): boolean =>
  line.length < 160 && /[-=#_*—]{2}|^\s*\W|\W\s*$/u.test(line) && above.some((one) => folded(line).includes(one));
