import type { Line, MailTexts, MissionTold, Notice, QuestionTold } from '../domain/notice.ts';
import { headersOf } from './headers.ts';
import { wordsFor } from './languages.ts';
import { asPage } from './paper-html.ts';
import { asText, type Block, type Fact, type Item, type Paper } from './paper.ts';
import { dayFor, timeFor } from './when.ts';
import type { Words } from './words.ts';
import { writtenLine, writtenText } from './written.ts';

/** UTF-16 units. With them no mail comes near the 100 KB from which mail programs cut off the end. */
const LONGEST = { prompt: 4_000, title: 200, label: 200, text: 2_000, line: 240, subject: 120, value: 500 };
const MOST_OPEN = 20;
const MOST_ENDED = 10;
const MOST_FIELDS = 12;

/** What every part of one mail needs. */
interface Writing {
  readonly notice: Notice;
  readonly words: Words;
  /** An address of ours, whatever a notice says: other addresses become the inbox. */
  readonly ours: (href: string) => string;
}

/**
 * The mail of a notice. Pure: the same notice is the same mail, to the byte. The question comes first; then what it is
 * about, until when, and a link for each option, all of which open the page and decide nothing.
 */
export function writeMail(notice: Notice): MailTexts {
  const inbox = new URL(notice.links.inbox);
  const writing: Writing = {
    notice,
    words: wordsFor(notice.reader.language),
    ours: (href) => {
      const url = URL.parse(href, inbox.href);
      return url?.origin === inbox.origin ? url.href : inbox.href;
    },
  };
  const { subject, preview, blocks } = contentOf(writing);
  const { words, ours } = writing;
  const paper: Paper = {
    language: words.language,
    title: subject,
    preview: writtenLine(preview, LONGEST.line),
    blocks,
    footer: [words.why, words.noReply],
    links: [
      { text: words.settings, href: ours(notice.links.settings) },
      { text: words.unsubscribe, href: ours(notice.links.unsubscribe) },
    ],
  };
  return { subject, text: asText(paper), html: asPage(paper), headers: headersOf(notice) };
}

interface Content {
  readonly subject: string;
  readonly preview: string;
  readonly blocks: readonly Block[];
}

function contentOf(writing: Writing): Content {
  const { notice, words } = writing;
  switch (notice.kind) {
    case 'question':
    case 'deadline':
      return aboutQuestion(writing, notice.question, deadlineFacts(writing, notice.question), [
        ...contextOf(writing, notice.question),
        ...choicesOf(writing, notice.question),
      ]);
    case 'outcome': {
      const took =
        notice.took === null ? { ours: words.nothingTaken } : { ours: words.wasTaken, theirs: label(notice.took) };
      return aboutQuestion(
        writing,
        notice.question,
        [
          { name: words.ended, ours: timeFor(notice.reader, notice.question.expires_at) },
          { name: words.cameTo, ...took },
        ],
        [{ kind: 'go', text: words.openQuestion, href: writing.ours(notice.question.href), isPrimary: true }],
      );
    }
    case 'failed':
    case 'paused':
    case 'stale':
    case 'done':
      return aboutMission(writing, notice.kind, notice.mission);
    case 'several': {
      const items = notice.lines.slice(0, MOST_OPEN);
      const rest = notice.total - items.length;
      return {
        subject: words.subjectOf.several,
        preview: previewOf(notice.lines),
        blocks: [
          { kind: 'heading', text: words.several(notice.total) },
          listOf(writing, '', items, rest),
          { kind: 'go', text: words.openInbox, href: writing.ours(notice.links.inbox), isPrimary: true },
        ],
      };
    }
    case 'digest':
      return digest(writing, notice);
    default:
      return notice satisfies never;
  }
}

const label = (text: string): string => writtenLine(text, LONGEST.label);

const previewOf = (lines: readonly Line[]): string =>
  lines
    .slice(0, 3)
    .map(({ text, mission_title }) => writtenLine(text === '' ? mission_title : text, LONGEST.line))
    .join(' · ');

/** The same in every mail of a mission: some programs make a thread only of what has the same subject. */
const subjectOf = ({ words }: Writing, title: string): string =>
  writtenLine(`${words.subjectOf.mission}: ${writtenLine(title, LONGEST.subject)}`, LONGEST.subject + 20);

function aboutQuestion(
  writing: Writing,
  { prompt, mission_title }: QuestionTold,
  facts: readonly Fact[],
  ways: readonly Block[],
): Content {
  const { notice, words } = writing;
  const what = words.kind[notice.kind as 'question' | 'deadline' | 'outcome'];
  return {
    subject: subjectOf(writing, mission_title),
    preview: `${what}: ${prompt}`,
    blocks: [
      { kind: 'kicker', text: what },
      { kind: 'said', text: writtenText(prompt, LONGEST.prompt) },
      {
        kind: 'facts',
        heading: '',
        facts: [{ name: words.mission, theirs: writtenLine(mission_title, LONGEST.title) }, ...facts],
      },
      ...ways,
    ],
  };
}

function deadlineFacts({ notice: { reader }, words }: Writing, question: QuestionTold): Fact[] {
  const byDefault = question.options.find(({ id }) => id === question.default_option);
  const then = byDefault ? { ours: words.isTaken, theirs: label(byDefault.label) } : { ours: words.endsWithout };
  return [
    { name: words.answerBy, ours: timeFor(reader, question.expires_at) },
    { name: words.ifNobodyAnswers, ...then },
  ];
}

/** What the question is about, as its agent has put it. */
function contextOf({ words }: Writing, { fields = [] }: QuestionTold): Block[] {
  const facts = fields
    .slice(0, MOST_FIELDS)
    .map(({ name, value }) => ({ name: '', named: label(name), theirs: writtenText(value, LONGEST.value) }));
  return facts.length === 0 ? [] : [{ kind: 'facts', heading: words.about, facts }];
}

function choicesOf({ words, ours }: Writing, { options, allow_freeform, href }: QuestionTold): Block[] {
  const open = { kind: 'go', href: ours(href), isPrimary: options.length === 0 } as const;
  const choices = options.map((option) => ({ theirs: label(option.label), href: ours(option.href) }));
  return [
    ...(choices.length === 0
      ? []
      : [{ kind: 'choices', heading: words.choose, how: words.pressesNothing, choices } as const]),
    { ...open, text: allow_freeform ? words.ownWords : words.openQuestion },
  ];
}

function aboutMission(writing: Writing, kind: 'failed' | 'paused' | 'stale' | 'done', mission: MissionTold): Content {
  const { notice, words, ours } = writing;
  const { title, text, at, ends_at, href } = mission;
  const time = (name: string, when: string): Fact => ({ name, ours: timeFor(notice.reader, when) });
  return {
    subject: subjectOf(writing, title),
    preview: `${words.kind[kind]}: ${text}`,
    blocks: [
      { kind: 'kicker', text: words.kind[kind] },
      { kind: 'said', text: writtenLine(title, LONGEST.title) },
      {
        kind: 'facts',
        heading: '',
        facts: [
          time(words.at, at),
          ...(ends_at === null ? [] : [time(words.endsAt, ends_at)]),
          ...(text === '' ? [] : [{ name: words.line[kind], theirs: writtenText(text, LONGEST.text) }]),
        ],
      },
      { kind: 'go', text: kind === 'stale' ? words.keep : words.openMission, href: ours(href), isPrimary: true },
    ],
  };
}

function digest(writing: Writing, { reader, day, open, ended, links }: Notice & { readonly kind: 'digest' }): Content {
  const { words, ours } = writing;
  const list = (heading: string, lines: readonly Line[], most: number): Block[] =>
    lines.length === 0 ? [] : [listOf(writing, heading, lines.slice(0, most), lines.length - most)];
  const first = open.length === 0 ? words.digestEndedOnly : words.digest(open.length);
  return {
    subject: words.subjectOf.digest(dayFor(reader, day)),
    preview: previewOf([...open, ...ended]),
    blocks: [
      { kind: 'heading', text: first },
      ...list(words.open, open, MOST_OPEN),
      ...list(words.endedSince, ended, MOST_ENDED),
      { kind: 'go', text: words.openInbox, href: ours(links.inbox), isPrimary: true },
    ],
  };
}

function listOf(
  { notice: { reader }, words, ours }: Writing,
  heading: string,
  lines: readonly Line[],
  rest: number,
): Block {
  const items = lines.map(({ kind, mission_title, text, until, href }): Item => ({
    what: words.line[kind],
    title: writtenLine(mission_title, LONGEST.title),
    text: writtenLine(text, LONGEST.line),
    until: until === null ? '' : words.until(timeFor(reader, until)),
    href: ours(href),
  }));
  return { kind: 'list', heading, items, rest: rest > 0 ? words.more(rest) : '' };
}
