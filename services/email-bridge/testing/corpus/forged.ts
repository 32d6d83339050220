import { mail, REPLY_TO, type Sample, SENT_ID } from './sample.ts';

/** Headers that an attacker sets: forged references, injected headers, misleading senders and recipients. */
export const forged: readonly Sample[] = [
  {
    name: "a forged In-Reply-To of another customer's message",
    raw: mail(
      {
        From: 'Eve <eve@example.net>',
        To: 'reply@missions.example',
        'In-Reply-To': '<0198c0de-0000-7000-8000-0000000000ff.zzzzzzzzzzzzzzzzzzzzzzzzzz@missions.example>',
        References: SENT_ID,
      },
      'Cancel it.',
    ),
    expected: {
      kind: 'reply',
      addressed_to: ['reply@missions.example'],
      references: ['<0198c0de-0000-7000-8000-0000000000ff.zzzzzzzzzzzzzzzzzzzzzzzzzz@missions.example>', SENT_ID],
    },
  },
  {
    name: 'header injection in the subject',
    raw: mail({ Subject: '=?utf-8?Q?Re:_budget=0D=0ABcc:_everybody@example.com=0D=0A=0D=0Ahello?=' }, 'Tuesday.'),
    expected: { subject: 'Re: budget Bcc: everybody@example.com hello', addressed_to: [REPLY_TO] },
  },
  {
    name: 'header injection in addresses',
    raw: mail(
      {
        From: '=?utf-8?Q?Sarah=0D=0ABcc=3A_x=40example.com?= <sarah@example.com>',
        To: `"a\\"b" <${REPLY_TO}>, =?utf-8?Q?eve=40example=2Ecom=0D=0A?=, <>, <no-at>, "reply+x@missions.example" <eve@example.net>`,
      },
      'Tuesday.',
    ),
    expected: {
      from: { name: 'Sarah Bcc: x@example.com', address: 'sarah@example.com' },
      addressed_to: [REPLY_TO, 'eve@example.net'],
    },
  },
  {
    name: 'two From headers',
    raw: mail({ From: 'Sarah <sarah@example.com>\nFrom: Eve <eve@example.net>' }, 'Tuesday.'),
    expected: { from: { name: 'Sarah', address: 'sarah@example.com' } },
  },
  {
    name: 'a display name that is another address',
    raw: mail({ From: '"sarah@example.com" <eve@example.net>' }, 'Tuesday.'),
    expected: { from: { name: 'sarah@example.com', address: 'eve@example.net' } },
  },
  {
    name: 'a From without an address',
    raw: mail({ From: 'undisclosed-recipients:;' }, 'Tuesday.'),
    expected: { from: { name: '', address: '' } },
  },
  {
    name: 'every header that names recipients',
    raw: mail(
      {
        'Delivered-To': 'me@example.com',
        'X-Original-To': REPLY_TO.toUpperCase(),
        Cc: 'John <john@example.com>, group: a@example.com, b@example.com;',
      },
      'Tuesday.',
    ),
    envelopeTo: ['box@example.com'],
    expected: {
      addressed_to: [
        'box@example.com',
        'me@example.com',
        REPLY_TO.toUpperCase(),
        'john@example.com',
        'a@example.com',
        'b@example.com',
      ],
    },
  },
];
