import { createHash } from 'node:crypto';
import type { Notice, PushMessage } from '../domain/notice.ts';
import { tagOf } from '../domain/notice.ts';
import { wordsFor } from '../mail/languages.ts';
import { writtenLine } from '../mail/written.ts';

/** UTF-16 units. The whole has to fit into one record of 4,096 bytes (RFC 8291), of which a push service takes no more. */
const LONGEST_TITLE = 120;
const LONGEST_TEXT = 300;

/** What the page's service worker shows, as JSON. */
export interface PushContent {
  readonly title: string;
  /** Only where the user allows that a locked screen shows it. */
  readonly body?: string;
  /** Opened by a press: a path of the page, never an address. */
  readonly path: string;
  /** A later one with the same tag takes the place of an earlier one. */
  readonly tag: string;
  /** There is nothing to do any more: what was shown of it goes. */
  readonly decided?: true;
}

export interface Pushed {
  readonly content: PushContent;
  /** RFC 8030 section 5.4: of what a device has not fetched yet, the latest with a topic replaces the others. */
  readonly topic: string;
  readonly urgency: 'low' | 'normal' | 'high';
}

export function contentOf(message: PushMessage): Pushed {
  if (message.kind === 'decided') {
    const { tag } = message;
    const title = wordsFor(message.reader.language).decided;
    return {
      content: { title, path: pathOf(message.href), tag, decided: true },
      topic: topicOf(tag),
      urgency: 'normal',
    };
  }
  const { notice, text } = message;
  const tag = tagOf(notice);
  const { title, said } = titleOf(notice);
  const content = { title: writtenLine(title, LONGEST_TITLE), path: pathOf(hrefOf(notice)), tag };
  const body = text ? writtenLine(said, LONGEST_TEXT) : '';
  return { content: body === '' ? content : { ...content, body }, topic: topicOf(tag), urgency: urgencyOf(notice) };
}

function titleOf(notice: Notice): { title: string; said: string } {
  const words = wordsFor(notice.reader.language);
  switch (notice.kind) {
    case 'question':
    case 'deadline':
    case 'outcome': {
      const line = { question: words.line.question, deadline: words.line.stale, outcome: words.line.outcome };
      const { mission_title, prompt } = notice.question;
      return { title: `${line[notice.kind]}: ${mission_title}`, said: prompt };
    }
    case 'failed':
    case 'paused':
    case 'stale':
    case 'done':
      return { title: `${words.line[notice.kind]}: ${notice.mission.title}`, said: notice.mission.text };
    case 'several':
      return {
        title: words.several(notice.total),
        said: notice.lines.map(({ text }) => text.slice(0, 100)).join(' · '),
      };
    case 'digest': {
      const { open, ended } = notice;
      const title = open.length === 0 ? words.digestEndedOnly : words.digest(open.length);
      return { title, said: [...open, ...ended].map(({ text }) => text.slice(0, 100)).join(' · ') };
    }
    default:
      return notice satisfies never;
  }
}

function hrefOf(notice: Notice): string {
  if ('question' in notice) return notice.question.href;
  return 'mission' in notice ? notice.mission.href : notice.links.inbox;
}

/** Whatever host an address names, the path is opened at the page that the device has subscribed at. */
function pathOf(href: string): string {
  const url = URL.parse(href, 'https://page.invalid');
  return url === null || !/^https?:$/.test(url.protocol) ? '/' : `/${url.pathname.replace(/^\/+/, '')}${url.search}`;
}

/** At most 32 characters that say nothing about what the topic is. */
const topicOf = (tag: string): string => createHash('sha256').update(tag).digest('base64url').slice(0, 32);

function urgencyOf(notice: Notice): Pushed['urgency'] {
  switch (notice.kind) {
    case 'question':
      return notice.question.urgency;
    case 'deadline':
      return 'high';
    case 'done':
    case 'stale':
    case 'digest':
      return 'low';
    default:
      return 'normal';
  }
}
