import { lines, mail, multipart, nullReversePath, REPLY_TO, returnedHeaders, type Sample, SENT_ID } from './sample.ts';

/** Delivery reports for programs (RFC 3464), as the common mail servers send them. */
const report = (
  headers: Record<string, string | null>,
  {
    notice,
    status,
    copy = { type: 'text/rfc822-headers', body: returnedHeaders },
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

export const deliveryReports: readonly Sample[] = [
  {
    name: 'a notice of Postfix',
    raw: report(
      { 'Auto-Submitted': 'auto-replied' },
      {
        notice: lines(
          'This is the mail system at host mx.example.com.',
          '',
          "I'm sorry to have to inform you that your message could not be delivered.",
          '',
          '<sarah@example.com>: host mail.example.com said: 550 5.1.1 User unknown',
        ),
        status: lines(
          'Reporting-MTA: dns; mx.example.com',
          'X-Postfix-Queue-ID: 4ABC',
          'Arrival-Date: Tue, 13 Jan 2026 10:00:00 +0000',
          '',
          'Final-Recipient: rfc822; sarah@example.com',
          'Original-Recipient: rfc822;sarah@example.com',
          'Action: failed',
          'Status: 5.1.1',
          'Remote-MTA: dns; mail.example.com',
          'Diagnostic-Code: smtp; 550 5.1.1 <sarah@example.com>:',
          '    User unknown in virtual mailbox table',
        ),
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
        notice: lines(
          'Delivery has failed to these recipients or groups:',
          '',
          'sarah@example.com',
          "The email address you entered couldn't be found.",
        ),
        status: lines(
          'Reporting-MTA: dns;AM0PR01.example.com',
          '',
          'Final-recipient: RFC822;sarah@example.com',
          'Action: failed',
          'Status: 5.1.10',
          'Diagnostic-code: smtp;550 5.1.10 RESOLVER.ADR.RecipientNotFound; Recipient not found by SMTP address lookup',
        ),
        copy: { type: 'message/rfc822', body: `${returnedHeaders}\nWhen can we meet?` },
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
        notice: lines(
          '',
          '** Address not found **',
          '',
          "Your message wasn't delivered to sarah@example.com because the address couldn't be found.",
        ),
        status: lines(
          'Reporting-MTA: dns; googlemail.com',
          'Received-From-MTA: dns; reply@missions.example',
          'Arrival-Date: Tue, 13 Jan 2026 02:00:00 -0800 (PST)',
          'X-Original-Message-ID: <x@missions.example>',
          '',
          'Final-Recipient: rfc822; sarah@example.com',
          'Action: failed',
          'Status: 5.1.1',
          'Remote-MTA: dns; mx.example.com. (192.0.2.1, the server for the domain example.com.)',
          'Diagnostic-Code: smtp; 550-5.1.1 The email account that you tried to reach does not exist.',
        ),
        copy: { type: 'message/rfc822', body: `${returnedHeaders}\nWhen can we meet?` },
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
        status: lines(
          'Reporting-MTA: dns; mx.example.com',
          '',
          'Original-Recipient: rfc822;sarah@example.com',
          'Final-Recipient: rfc822; s.miller@elsewhere.example',
          'Action: failed',
          'Status: 5.2.2 (mailbox full)',
          '',
          'Final-Recipient: rfc822; john@example.com',
          'Action: delayed',
          'Status: 4.4.1',
          '',
          'Final-Recipient: rfc822; bob@example.com',
          'Action: relayed',
          'Status: 2.0.0',
        ),
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
        status: lines(
          'Reporting-MTA: dns; mx.example.com',
          '',
          'Final-Recipient: rfc822; sarah@example.com',
          'Action: failed',
          'Status: 4.4.7',
          'Diagnostic-Code: smtp; 421 timeout',
        ),
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
        status: lines(
          'Reporting-MTA: dns; mx.example.com',
          '',
          'Final-Recipient: rfc822; sarah@example.com',
          'Action: delayed',
          'Status: 4.4.1',
          'Diagnostic-Code: X-Postfix; connect to mail.example.com: Connection timed out',
          'Will-Retry-Until: Sun, 18 Jan 2026 10:00:00 +0000',
        ),
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
        status: lines(
          'Reporting-MTA: dns; mx.example.com',
          '',
          'Final-Recipient: rfc822; sarah@example.com',
          'Action: delivered',
          'Status: 2.0.0',
        ),
      },
    ),
    expected: { kind: 'auto_reply', failures: [] },
  },
];
