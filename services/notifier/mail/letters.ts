import type { MailTexts, Reader } from '../domain/notice.ts';
import { wordsFor } from './languages.ts';
import { asPage } from './paper-html.ts';
import { asText, type Block, type Paper } from './paper.ts';

/** Mail that is about the mail itself, to an address that is not confirmed. */
interface Letter {
  readonly reader: Pick<Reader, 'language'>;
  /** The pages of ours that the letter leads to. */
  readonly links: { readonly inbox: string; readonly settings: string };
}

/** Has the code by which its reader shows that the address is theirs. It says nothing of any mission. */
export function confirmationMail(letter: Letter & { readonly code: string; readonly minutes: number }): MailTexts {
  const { confirm, settings } = wordsFor(letter.reader.language);
  const { links } = letter;
  return written(letter, confirm.subject(letter.code), [
    { kind: 'heading', text: confirm.heading },
    { kind: 'note', text: confirm.how(letter.minutes) },
    { kind: 'code', text: letter.code },
    { kind: 'note', text: confirm.notYou },
    { kind: 'go', text: settings, href: links.settings, isPrimary: false },
  ]);
}

function written({ reader }: Letter, subject: string, blocks: readonly Block[]): MailTexts {
  const { language, noReply } = wordsFor(reader.language);
  const paper: Paper = { language, title: subject, preview: subject, blocks, footer: [noReply], links: [] };
  return {
    subject,
    text: asText(paper),
    html: asPage(paper),
    headers: { 'Auto-Submitted': 'auto-generated', 'X-Auto-Response-Suppress': 'All' },
  };
}
