import { lines, mail, multipart, type Sample, SENT_ID } from './sample.ts';

/** Automatic replies and list mail, and messages of persons that resemble them. */
const plain = 'I am out of the office until 20 January. For urgent matters write to John.\n';

export const machines: readonly Sample[] = [
  {
    name: 'an out-of-office message of Gmail',
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
    name: 'an out-of-office message of Exchange',
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
    name: 'an out-of-office message of Exchange whose gateway removed Auto-Submitted',
    raw: mail({ 'X-Auto-Response-Suppress': 'DR, OOF, AutoReply', Subject: 'Automatische Antwort: Q1 budget' }, plain),
    expected: { kind: 'auto_reply' },
  },
  {
    name: 'an out-of-office message of Sieve vacation (RFC 5230)',
    raw: mail({ 'Auto-Submitted': 'auto-replied (vacation)', Subject: 'Auto: Q1 budget' }, plain),
    expected: { kind: 'auto_reply' },
  },
  {
    name: 'an out-of-office message with the null reverse-path',
    raw: mail({ 'Return-Path': '<>', Subject: 'Re: Q1 budget' }, plain),
    expected: { kind: 'auto_reply' },
  },
  {
    name: 'a message of an old autoresponder',
    raw: mail({ Precedence: 'auto_reply', Subject: 'Re: Q1 budget' }, 'We have received your message.'),
    expected: { kind: 'auto_reply' },
  },
  {
    name: 'a confirmation of a ticket system',
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
          body: lines(
            'Final-Recipient: rfc822;sarah@example.com',
            `Original-Message-ID: ${SENT_ID}`,
            'Disposition: manual-action/MDN-sent-manually; displayed',
          ),
        },
      ]),
    ),
    expected: { kind: 'auto_reply', failures: [] },
  },
  {
    name: "a person's question about being out of office",
    raw: mail({ Subject: 'Out of office next week?' }, 'Are you there on Tuesday?'),
    expected: { kind: 'reply', snippet: 'Are you there on Tuesday?' },
  },
  {
    name: "a person's message with Auto-Submitted: no",
    raw: mail({ 'Auto-Submitted': 'no' }, 'Tuesday.'),
    expected: { kind: 'reply' },
  },
  {
    name: "a person's message with X-Auto-Response-Suppress",
    raw: mail({ 'X-Auto-Response-Suppress': 'All' }, 'Tuesday.'),
    expected: { kind: 'reply' },
  },
  {
    name: "a person's message with List-Unsubscribe",
    raw: mail({ 'List-Unsubscribe': '<https://crm.example/u/1>' }, 'Tuesday.'),
    expected: { kind: 'reply' },
  },
  {
    name: 'a message to a mailing list',
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
