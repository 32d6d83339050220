/** What single lines look like. Every expression takes time linear in the length of a line. */

/** A line of a quote: `> when can we meet?` (RFC 3676 section 4.5). */
export const isQuoted = (line: string): boolean => /^[ \t]{0,3}>/.test(line);

/** A line of a quote that bears its author's initials: `AL> when can we meet?` */
export const initialsOf = (line: string): string => /^ {0,3}(\p{Lu}{1,3})>+(?: |$)/u.exec(line)?.[1] ?? '';

/** A horizontal line drawn with characters, such as Outlook's above a quote. */
export const isRule = (line: string): boolean => /^[ \t]*[_\-=*─━]{3,}[ \t]*$/.test(line);

/** A line with letters, digits or pictures. */
export const hasWords = (line: string): boolean => /[\p{L}\p{N}\p{Extended_Pictographic}]/u.test(line);

/** An address as programs write it: in `<>`, `[]` or behind `mailto:`. */
export const hasMarkedAddress = (text: string): boolean =>
  /[<[(]\s?(?:mailto:)?[^\s<>[\]()@]{1,64}@[^\s<>[\]()@]{1,253}\s?[>\])]/.test(text);

export const hasAddress = (text: string): boolean => /[^\s<>[\]()@,;:]{1,64}@[^\s<>[\]()@,;:]{1,253}/.test(text);

const numbersIn = (text: string): string[] => text.match(/\p{Nd}{1,6}/gu) ?? [];

/** Two numbers at least: a day and a month, or a time. */
export const hasDate = (text: string): boolean => numbersIn(text).length >= 2;

/** With a year of four digits, or with so many numbers that date and time are whole. */
export function hasWholeDate(text: string): boolean {
  const numbers = numbersIn(text);
  return numbers.length >= 2 && (numbers.some((one) => one.length === 4) || numbers.length >= 4);
}

export const hasTime = (text: string): boolean => /\p{Nd}{1,2}[:.h：]\p{Nd}{2}/u.test(text);
