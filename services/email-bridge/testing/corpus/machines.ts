import { mail, multipart, type Sample, SENT_ID } from './sample.ts';

/** What is no person's answer: machines that answer for somebody, and lists; and what only looks so. */
const plain = 'I am out of the office until 20 January. For urgent matters write to John.\n';

export const machines: readonly Sample[] = [
  {
    name: 'out of office, Gmail',
    raw: mail(
      {
        'Auto-Submitted': 'auto-replied',
        Precedence: 'bulk',
        'X-Autoreply': 'yes',
        Subject: 'Out of office Re: Q1 budget',
      },
      plain,
    ),
    expected: {
      kind: 'auto_reply',
      references: [SENT_ID],
      failures: [],
      snippetHas: ['out of the office until 20 January'],
    },
  },
  {
    name: 'out of office, Exchange',
    raw: mail(
      {
        'Auto-Submitted': 'auto-generated',
        'X-Auto-Response-Suppress': 'All',
        Subject: 'Automatic reply: Q1 budget',
        'Return-Path': '<>',
      },
      plain,
    ),
    expected: { kind: 'auto_reply' },
  },
  {
    name: 'out of office, Exchange behind a gateway that drops what it does not know',
    raw: mail({ 'X-Auto-Response-Suppress': 'DR, OOF, AutoReply', Subject: 'Automatische Antwort: Q1 budget' }, plain),
    expected: { kind: 'auto_reply' },
  },
  {
    name: 'out of office, sieve vacation',
    raw: mail({ 'Auto-Submitted': 'auto-replied (vacation)', Subject: 'Auto: Q1 budget' }, plain),
    expected: { kind: 'auto_reply' },
  },
  {
    name: 'out of office, with nobody to return to',
    raw: mail({ 'Return-Path': '<>', Subject: 'Re: Q1 budget' }, plain),
    expected: { kind: 'auto_reply' },
  },
  {
    name: 'an autoresponder of old',
    raw: mail({ Precedence: 'auto_reply', Subject: 'Re: Q1 budget' }, 'We have received your message.'),
    expected: { kind: 'auto_reply' },
  },
  {
    name: 'a ticket system',
    raw: mail({ 'Auto-Submitted': 'auto-generated', Subject: '[#4711] Q1 budget' }, 'Your request was received.'),
    expected: { kind: 'auto_reply' },
  },
  {
    name: 'a read receipt (RFC 8098)',
    raw: mail(
      {
        'Content-Type': 'multipart/report; report-type=disposition-notification; boundary="mdn"',
        Subject: 'Read: Q1 budget',
      },
      multipart('mdn', [
        { type: 'text/plain', body: 'Your message was displayed.' },
        {
          type: 'message/disposition-notification',
          body: `Final-Recipient: rfc822;sarah@example.com\nOriginal-Message-ID: ${SENT_ID}\nDisposition: manual-action/MDN-sent-manually; displayed`,
        },
      ]),
    ),
    expected: { kind: 'auto_reply', failures: [] },
  },
  {
    name: 'a person who asks about being out of office',
    raw: mail({ Subject: 'Out of office next week?' }, 'Are you there on Tuesday?'),
    expected: { kind: 'reply', snippet: 'Are you there on Tuesday?' },
  },
  {
    name: 'a person who says that this is not automatic',
    raw: mail({ 'Auto-Submitted': 'no' }, 'Tuesday.'),
    expected: { kind: 'reply' },
  },
  {
    name: 'a person whose system asks not to be answered by machines',
    raw: mail({ 'X-Auto-Response-Suppress': 'All' }, 'Tuesday.'),
    expected: { kind: 'reply' },
  },
  {
    name: 'a person who answers through a sales tool',
    raw: mail({ 'List-Unsubscribe': '<https://crm.example/u/1>' }, 'Tuesday.'),
    expected: { kind: 'reply' },
  },
  {
    name: 'a mailing list',
    raw: mail(
      {
        'List-Id': 'Budget talk <budget.lists.example.com>',
        'List-Post': '<mailto:budget@lists.example.com>',
        Precedence: 'list',
        To: 'budget@lists.example.com',
      },
      'Anybody for Tuesday?',
    ),
    expected: { kind: 'list', addressed_to: ['budget@lists.example.com'] },
  },
  {
    name: 'a newsletter',
    raw: mail(
      { Precedence: 'bulk', 'List-Unsubscribe': '<https://news.example/u>', 'In-Reply-To': null, References: null },
      'Offers!',
    ),
    expected: { kind: 'auto_reply', references: [] },
  },
];
