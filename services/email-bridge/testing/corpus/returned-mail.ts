import { lines, mail, multipart, nullReversePath, REPLY_TO, returnedHeaders, type Sample, SENT_ID } from './sample.ts';

/** Notices of mail servers in prose, and messages of persons that resemble a bounce. */
export const returnedMail: readonly Sample[] = [
  {
    name: 'a notice of qmail',
    raw: mail(
      { ...nullReversePath, From: 'MAILER-DAEMON@mx.example.com', Subject: 'failure notice' },
      lines(
        'Hi. This is the qmail-send program at mx.example.com.',
        "I'm afraid I wasn't able to deliver your message to the following addresses.",
        "This is a permanent error; I've given up. Sorry it didn't work out.",
        '',
        '<sarah@example.com>:',
        '192.0.2.1 does not like recipient.',
        'Remote host said: 550 5.1.1 no such user',
        'Giving up on 192.0.2.1.',
        '',
        '--- Below this line is a copy of the message.',
        '',
        `Return-Path: <${REPLY_TO}>`,
        returnedHeaders,
        '<john@example.com>:',
        '550 this is quoted',
        '',
      ),
    ),
    expected: {
      kind: 'bounce',
      references: [SENT_ID],
      failures: [
        {
          recipient: 'sarah@example.com',
          permanent: true,
          status: '5.1.1',
          reason: '192.0.2.1 does not like recipient. Remote host said: 550 5.1.1 no such user Giving up on 192.0.2.1.',
        },
      ],
    },
  },
  {
    name: 'a notice of Exim',
    raw: mail(
      {
        ...nullReversePath,
        From: 'Mail Delivery System <Mailer-Daemon@mx.example.com>',
        Subject: 'Mail delivery failed: returning message to sender',
        'X-Failed-Recipients': 'sarah@example.com',
        'Auto-Submitted': 'auto-replied',
      },
      lines(
        'This message was created automatically by mail delivery software.',
        '',
        'A message that you sent could not be delivered to one or more of its recipients. This is a permanent error. The following address(es) failed:',
        '',
        '  sarah@example.com',
        '    host mail.example.com [192.0.2.1]',
        '    SMTP error from remote mail server after RCPT TO:<sarah@example.com>:',
        '    550 Unrouteable address',
        '',
        '------ This is a copy of the message, including all the headers. ------',
        '',
        returnedHeaders,
        '',
      ),
    ),
    expected: {
      kind: 'bounce',
      references: [SENT_ID],
      failures: [
        {
          recipient: 'sarah@example.com',
          permanent: true,
          status: '',
          reason:
            'host mail.example.com [192.0.2.1] SMTP error from remote mail server after RCPT TO:<sarah@example.com>: 550 Unrouteable address',
        },
      ],
    },
  },
  {
    name: 'a delay warning in prose',
    raw: mail(
      {
        ...nullReversePath,
        From: 'Mail Delivery System <Mailer-Daemon@mx.example.com>',
        Subject: 'Warning: message 1abc delayed 24 hours',
      },
      lines(
        'The message has not yet been delivered. The address to which it has not been delivered is:',
        '',
        '  sarah@example.com',
        '    Delay reason: connection timed out',
        '',
        'No action is required on your part.',
        '',
      ),
    ),
    expected: {
      kind: 'bounce',
      failures: [
        { recipient: 'sarah@example.com', permanent: false, status: '', reason: 'Delay reason: connection timed out' },
      ],
    },
  },
  {
    name: 'a notice with the recipient in the middle of a sentence',
    raw: mail(
      { ...nullReversePath, From: 'postmaster@mx.example.com', Subject: 'Undeliverable: Q1 budget' },
      'Your message to sarah@example.com could not be delivered, it says here in the middle of a line.',
    ),
    expected: {
      kind: 'bounce',
      failures: [
        {
          recipient: 'sarah@example.com',
          permanent: true,
          status: '',
          reason: 'could not be delivered, it says here in the middle of a line.',
        },
      ],
    },
  },
  {
    name: "a postmaster's own words",
    raw: mail(
      { From: 'Bob <postmaster@example.com>', Subject: 'Re: delivery failure of the chairs' },
      'They come on Tuesday.',
    ),
    expected: { kind: 'reply', failures: [], snippet: 'They come on Tuesday.' },
  },
  {
    name: "a person's forward of a bounce",
    raw: mail(
      { 'Content-Type': 'multipart/mixed; boundary="fw"', Subject: 'Fwd: Undeliverable: Q1 budget' },
      multipart('fw', [
        { type: 'text/plain', body: 'Your mail to John came back to me!' },
        {
          type: 'message/delivery-status',
          body: 'Reporting-MTA: dns; x\n\nFinal-Recipient: rfc822; john@example.com\nAction: failed\nStatus: 5.1.1',
        },
      ]),
    ),
    expected: { kind: 'reply', failures: [], snippetHas: ['came back to me'] },
  },
];
