import { mail, multipart, REPLY_TO, type Sample, SENT_ID } from './sample.ts';

/** Notices of mail that was not delivered, as the common mail servers send them, and messages that resemble them. */

/** The headers of the message that was returned. */
const returned = `Message-ID: ${SENT_ID}\nFrom: Ada <reply@missions.example>\nTo: sarah@example.com\nSubject: Q1 budget\n`;
/** RFC 5321 section 4.5.5: notices have the null reverse-path. */
const nullReversePath = { 'Return-Path': '<>', 'In-Reply-To': null, References: null };

const report = (
  headers: Record<string, string | null>,
  {
    notice,
    status,
    copy = { type: 'text/rfc822-headers', body: returned },
  }: { notice: string; status: string; copy?: { type: string; body: string } },
): Uint8Array =>
  mail(
    {
      ...nullReversePath,
      From: 'MAILER-DAEMON@mx.example.com (Mail Delivery System)',
      Subject: 'Undelivered Mail Returned to Sender',
      'Message-ID': '<bounce-1@mx.example.com>',
      ...headers,
      'Content-Type': 'multipart/report; report-type=delivery-status; boundary="dsn"',
    },
    multipart('dsn', [
      { type: 'text/plain; charset=us-ascii', body: notice },
      { type: 'message/delivery-status', body: status },
      copy,
    ]),
  );

export const bounces: readonly Sample[] = [
  {
    name: 'a notice of Postfix',
    raw: report(
      { 'Auto-Submitted': 'auto-replied' },
      {
        notice:
          "This is the mail system at host mx.example.com.\n\nI'm sorry to have to inform you that your message could not be delivered.\n\n<sarah@example.com>: host mail.example.com said: 550 5.1.1 User unknown",
        status:
          'Reporting-MTA: dns; mx.example.com\nX-Postfix-Queue-ID: 4ABC\nArrival-Date: Tue, 13 Jan 2026 10:00:00 +0000\n\nFinal-Recipient: rfc822; sarah@example.com\nOriginal-Recipient: rfc822;sarah@example.com\nAction: failed\nStatus: 5.1.1\nRemote-MTA: dns; mail.example.com\nDiagnostic-Code: smtp; 550 5.1.1 <sarah@example.com>:\n    User unknown in virtual mailbox table',
      },
    ),
    expected: {
      kind: 'bounce',
      references: [SENT_ID],
      addressed_to: [REPLY_TO],
      failures: [
        {
          recipient: 'sarah@example.com',
          permanent: true,
          status: '5.1.1',
          reason: '550 5.1.1 <sarah@example.com>: User unknown in virtual mailbox table',
        },
      ],
    },
  },
  {
    name: 'a notice of Exchange',
    raw: report(
      {
        From: 'Microsoft Outlook <MicrosoftExchange329e71ec88ae4615bbc36ab6ce41109e@example.com>',
        Subject: 'Undeliverable: Q1 budget',
        'In-Reply-To': SENT_ID,
        References: SENT_ID,
      },
      {
        notice:
          "Delivery has failed to these recipients or groups:\n\nsarah@example.com\nThe email address you entered couldn't be found.",
        status:
          'Reporting-MTA: dns;AM0PR01.example.com\n\nFinal-recipient: RFC822;sarah@example.com\nAction: failed\nStatus: 5.1.10\nDiagnostic-code: smtp;550 5.1.10 RESOLVER.ADR.RecipientNotFound; Recipient not found by SMTP address lookup',
        copy: { type: 'message/rfc822', body: `${returned}\nWhen can we meet?` },
      },
    ),
    expected: {
      kind: 'bounce',
      references: [SENT_ID],
      failures: [
        {
          recipient: 'sarah@example.com',
          permanent: true,
          status: '5.1.10',
          reason: '550 5.1.10 RESOLVER.ADR.RecipientNotFound; Recipient not found by SMTP address lookup',
        },
      ],
    },
  },
  {
    name: 'a notice of Gmail',
    raw: report(
      {
        From: 'Mail Delivery Subsystem <mailer-daemon@googlemail.com>',
        Subject: 'Delivery Status Notification (Failure)',
        'X-Failed-Recipients': 'sarah@example.com',
        'Auto-Submitted': 'auto-replied',
      },
      {
        notice:
          "\n** Address not found **\n\nYour message wasn't delivered to sarah@example.com because the address couldn't be found.",
        status:
          'Reporting-MTA: dns; googlemail.com\nReceived-From-MTA: dns; reply@missions.example\nArrival-Date: Tue, 13 Jan 2026 02:00:00 -0800 (PST)\nX-Original-Message-ID: <x@missions.example>\n\nFinal-Recipient: rfc822; sarah@example.com\nAction: failed\nStatus: 5.1.1\nRemote-MTA: dns; mx.example.com. (192.0.2.1, the server for the domain example.com.)\nDiagnostic-Code: smtp; 550-5.1.1 The email account that you tried to reach does not exist.',
        copy: { type: 'message/rfc822', body: `${returned}\nWhen can we meet?` },
      },
    ),
    expected: {
      kind: 'bounce',
      references: [SENT_ID],
      failures: [
        {
          recipient: 'sarah@example.com',
          permanent: true,
          status: '5.1.1',
          reason: '550-5.1.1 The email account that you tried to reach does not exist.',
        },
      ],
    },
  },
  {
    name: 'a report of a failed, a delayed and a relayed recipient',
    raw: report(
      {},
      {
        notice: 'Some were not delivered.',
        status:
          'Reporting-MTA: dns; mx.example.com\n\nOriginal-Recipient: rfc822;sarah@example.com\nFinal-Recipient: rfc822; s.miller@elsewhere.example\nAction: failed\nStatus: 5.2.2 (mailbox full)\n\nFinal-Recipient: rfc822; john@example.com\nAction: delayed\nStatus: 4.4.1\n\nFinal-Recipient: rfc822; bob@example.com\nAction: relayed\nStatus: 2.0.0',
      },
    ),
    expected: {
      kind: 'bounce',
      failures: [
        { recipient: 'sarah@example.com', permanent: true, status: '5.2.2', reason: '' },
        { recipient: 'john@example.com', permanent: false, status: '4.4.1', reason: '' },
      ],
    },
  },
  {
    name: 'a report of a failure after four days of transient faults',
    raw: report(
      {},
      {
        notice: 'Delivery failed.',
        status:
          'Reporting-MTA: dns; mx.example.com\n\nFinal-Recipient: rfc822; sarah@example.com\nAction: failed\nStatus: 4.4.7\nDiagnostic-Code: smtp; 421 timeout',
      },
    ),
    expected: {
      kind: 'bounce',
      failures: [{ recipient: 'sarah@example.com', permanent: true, status: '4.4.7', reason: '421 timeout' }],
    },
  },
  {
    name: 'a report of a delay',
    raw: report(
      { Subject: 'Delayed Mail (still being retried)' },
      {
        notice: 'THIS IS A WARNING ONLY. YOU DO NOT NEED TO RESEND YOUR MESSAGE.',
        status:
          'Reporting-MTA: dns; mx.example.com\n\nFinal-Recipient: rfc822; sarah@example.com\nAction: delayed\nStatus: 4.4.1\nDiagnostic-Code: X-Postfix; connect to mail.example.com: Connection timed out\nWill-Retry-Until: Sun, 18 Jan 2026 10:00:00 +0000',
      },
    ),
    expected: {
      kind: 'bounce',
      failures: [
        {
          recipient: 'sarah@example.com',
          permanent: false,
          status: '4.4.1',
          reason: 'connect to mail.example.com: Connection timed out',
        },
      ],
    },
  },
  {
    name: 'a report of success',
    raw: report(
      { Subject: 'Successful Mail Delivery Report' },
      {
        notice: 'Delivered.',
        status:
          'Reporting-MTA: dns; mx.example.com\n\nFinal-Recipient: rfc822; sarah@example.com\nAction: delivered\nStatus: 2.0.0',
      },
    ),
    expected: { kind: 'auto_reply', failures: [] },
  },
  {
    name: 'a notice of qmail',
    raw: mail(
      { ...nullReversePath, From: 'MAILER-DAEMON@mx.example.com', Subject: 'failure notice' },
      `Hi. This is the qmail-send program at mx.example.com.\nI'm afraid I wasn't able to deliver your message to the following addresses.\nThis is a permanent error; I've given up. Sorry it didn't work out.\n\n<sarah@example.com>:\n192.0.2.1 does not like recipient.\nRemote host said: 550 5.1.1 no such user\nGiving up on 192.0.2.1.\n\n--- Below this line is a copy of the message.\n\nReturn-Path: <${REPLY_TO}>\n${returned}\n<john@example.com>:\n550 this is quoted\n`,
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
      `This message was created automatically by mail delivery software.\n\nA message that you sent could not be delivered to one or more of its recipients. This is a permanent error. The following address(es) failed:\n\n  sarah@example.com\n    host mail.example.com [192.0.2.1]\n    SMTP error from remote mail server after RCPT TO:<sarah@example.com>:\n    550 Unrouteable address\n\n------ This is a copy of the message, including all the headers. ------\n\n${returned}\n`,
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
      'The message has not yet been delivered. The address to which it has not been delivered is:\n\n  sarah@example.com\n    Delay reason: connection timed out\n\nNo action is required on your part.\n',
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
    expected: { kind: 'bounce', failures: [] },
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
