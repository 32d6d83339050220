import { base64, mail, multipart, REPLY_TO, type Sample, SENT_ID } from './sample.ts';

/** Messages that a person wrote, as the common mail programs format them. */
export const programs: readonly Sample[] = [
  {
    name: 'a Gmail reply above the quote, in plain text and HTML',
    raw: mail(
      {
        'Content-Type': 'multipart/alternative; boundary="000000000000a1b2c3"',
        'Message-ID': '<CAH0ab+x1=Q@mail.gmail.com>',
      },
      multipart('000000000000a1b2c3', [
        {
          type: 'text/plain; charset="UTF-8"',
          body: `Tuesday at 10 works for me.\n\nSarah\n\nOn Tue, Jan 13, 2026 at 9:12 AM Ada <${REPLY_TO}>\nwrote:\n\n> Hello Sarah,\n> when can we meet about the Q1 budget?\n>\n> Ada\n`,
        },
        {
          type: 'text/html; charset="UTF-8"',
          body: '<div dir="ltr">Tuesday at 10 works for me.<div><br></div><div>Sarah</div></div><br><div class="gmail_quote"><blockquote>Hello Sarah</blockquote></div>',
        },
      ]),
    ),
    expected: {
      kind: 'reply',
      message_id: '<CAH0ab+x1=Q@mail.gmail.com>',
      from: { name: 'Sarah Miller', address: 'sarah@example.com' },
      subject: 'Re: Q1 budget',
      references: [SENT_ID],
      addressed_to: [REPLY_TO],
      snippet: 'Tuesday at 10 works for me.\n\nSarah',
      textHas: ['when can we meet'],
      failures: [],
    },
  },
  {
    name: 'a Gmail reply between the quoted lines',
    raw: mail(
      {},
      `On Tue, Jan 13, 2026 at 9:12 AM Ada <${REPLY_TO}> wrote:\n\n> When can we meet?\n\nTuesday.\n\n> How long do you need?\n\nOne hour.\n`,
    ),
    expected: { kind: 'reply', snippet: 'Tuesday.\n\nOne hour.' },
  },
  {
    name: 'an Outlook reply above the quote, in HTML alone',
    raw: mail(
      { 'Content-Type': 'text/html; charset="us-ascii"', 'X-MS-Has-Attach': '', 'Thread-Index': 'AdrXyz==' },
      '<html><head><meta http-equiv="Content-Type" content="text/html"><style><!-- p.MsoNormal {margin:0cm;} --></style></head><body lang="EN-US"><div class="WordSection1">' +
        '<p class="MsoNormal">Wednesday would be better.<o:p></o:p></p><p class="MsoNormal"><o:p>&nbsp;</o:p></p><div><div style="border:none;border-top:solid #E1E1E1 1.0pt">' +
        '<p class="MsoNormal"><b>From:</b> Ada &lt;reply@missions.example&gt; <br><b>Sent:</b> Tuesday, January 13, 2026 9:12 AM<br><b>To:</b> Sarah Miller &lt;sarah@example.com&gt;<br><b>Subject:</b> Q1 budget<o:p></o:p></p></div></div>' +
        '<p class="MsoNormal">When can we meet?<o:p></o:p></p></div></body></html>',
    ),
    expected: {
      kind: 'reply',
      snippet: 'Wednesday would be better.',
      textHas: ['When can we meet?'],
      textLacks: ['MsoNormal'],
    },
  },
  {
    name: 'an Outlook reply above its divider, in plain text',
    raw: mail(
      {},
      'Friday, then.\n\n________________________________\nFrom: Ada <reply@missions.example>\nSent: Tuesday, January 13, 2026 9:12 AM\nTo: Sarah Miller <sarah@example.com>\nSubject: Q1 budget\n\nWhen can we meet?\n',
    ),
    expected: { kind: 'reply', snippet: 'Friday, then.' },
  },
  {
    name: 'an Outlook reply from a phone',
    raw: mail(
      {},
      'Fine with me\n\nGet Outlook for iOS<https://aka.ms/o0ukef>\n________________________________\nFrom: Ada <reply@missions.example>\nSent: Tuesday, January 13, 2026 9:12:00 AM\nTo: Sarah\nSubject: Q1 budget\n\nWhen?\n',
    ),
    expected: { kind: 'reply', snippet: 'Fine with me' },
  },
  {
    name: 'an Apple Mail reply from a phone, in Italian',
    raw: mail({}, 'Va bene martedì.\n\nInviato da iPhone\n'),
    expected: { kind: 'reply', snippet: 'Va bene martedì.' },
  },
  {
    name: 'an old Outlook reply above "Original Message"',
    raw: mail(
      {},
      'Agreed.\n\n-----Original Message-----\nFrom: Ada [mailto:reply@missions.example]\nSent: 13 January 2026 09:12\nTo: Sarah\nSubject: Q1 budget\n\nWhen can we meet?\n',
    ),
    expected: { kind: 'reply', snippet: 'Agreed.' },
  },
  {
    name: 'an Apple Mail reply from a phone',
    raw: mail(
      {
        'Content-Type': 'text/plain; charset=utf-8',
        'Content-Transfer-Encoding': 'quoted-printable',
        'X-Mailer': 'iPhone Mail (23C55)',
      },
      `Yes =E2=80=94 10 o=E2=80=99clock.\n\nSent from my iPhone\n\n> On 13 Jan 2026, at 09:12, Ada <${REPLY_TO.replace('=', '=3D')}> wrote:\n>=20\n> =EF=BB=BFWhen can we meet?\n`,
    ),
    expected: { kind: 'reply', snippet: 'Yes — 10 o’clock.', textHas: ['Sent from my iPhone'] },
  },
  {
    name: 'an Apple Mail reply whose HTML parts surround a picture',
    raw: mail(
      { 'Content-Type': 'multipart/alternative; boundary="Apple-Mail-1"' },
      multipart('Apple-Mail-1', [
        { type: 'text/plain; charset=us-ascii', body: 'See the plan below.\n\n\nThursday?\n' },
        {
          type: 'multipart/mixed; boundary="Apple-Mail-2"',
          body: multipart('Apple-Mail-2', [
            { type: 'text/html; charset=us-ascii', body: '<p>See the plan below.</p>' },
            {
              type: 'image/png; name="plan.png"',
              headers: 'Content-Transfer-Encoding: base64\nContent-Disposition: inline; filename="plan.png"',
              body: base64('not really a picture'),
            },
            { type: 'text/html; charset=us-ascii', body: '<p>Thursday?</p>' },
          ]),
        },
      ]),
    ),
    expected: {
      kind: 'reply',
      snippetHas: ['See the plan below.', 'Thursday?'],
      textHas: ['[attached, not kept: plan.png]'],
    },
  },
  {
    name: 'a Thunderbird reply below the quote, format=flowed, with a signature',
    raw: mail(
      { 'Content-Type': 'text/plain; charset=UTF-8; format=flowed', 'User-Agent': 'Mozilla Thunderbird' },
      'On 1/13/26 09:12, Ada wrote:\n> Hello Sarah,\n> when can we meet?\nMonday is a holiday here, so the first day that \nwould do is Tuesday.\n\n-- \nSarah Miller\nExample Ltd\n',
    ),
    expected: { kind: 'reply', snippet: 'Monday is a holiday here, so the first day that would do is Tuesday.' },
  },
  {
    name: 'a Thunderbird reply above the quote',
    raw: mail({}, 'Tuesday.\n\nOn 13.01.26 09:12, Ada wrote:\n> when can we meet?\n> Ada\n'),
    expected: { kind: 'reply', snippet: 'Tuesday.' },
  },
  {
    name: 'a Yahoo reply above a quote without marks',
    raw: mail(
      {},
      'Tuesday is good\n\n    On Tuesday, January 13, 2026 at 09:12:00 AM GMT, Ada <reply@missions.example> wrote:\n\n Hello Sarah,\nwhen can we meet?\n',
    ),
    expected: { kind: 'reply', snippet: 'Tuesday is good' },
  },
  {
    name: 'a message that ends with regards and contact details',
    raw: mail({}, 'Tuesday is fine.\n\nBest regards,\nSarah Miller\nHead of Budgets\nExample Ltd\n+1 555 0100\n'),
    expected: { kind: 'reply', snippetHas: ['Tuesday is fine.'], snippetLacks: ['+1 555 0100'] },
  },
  {
    name: 'a forward with a remark',
    raw: mail(
      { Subject: 'Fwd: Q1 budget' },
      'John can tell you more.\n\n---------- Forwarded message ---------\nFrom: Ada <reply@missions.example>\nDate: Tue, Jan 13, 2026 at 9:12 AM\nSubject: Q1 budget\nTo: <sarah@example.com>\n\nWhen can we meet?\n',
    ),
    expected: { kind: 'reply', snippet: 'John can tell you more.' },
  },
  {
    name: 'a forward without a remark',
    raw: mail(
      { Subject: 'Fwd: Q1 budget' },
      '---------- Forwarded message ---------\nFrom: John <john@example.com>\nDate: Tue, Jan 13, 2026 at 9:12 AM\nSubject: Q1 budget\nTo: <sarah@example.com>\n\nRoom 4 is free on Tuesday.\n',
    ),
    expected: { kind: 'reply', snippet: 'Room 4 is free on Tuesday.' },
  },
  {
    name: 'an attached forward that contains another one',
    raw: mail(
      { 'Content-Type': 'multipart/mixed; boundary="outer"' },
      multipart('outer', [
        { type: 'text/plain', body: 'What John wrote to me.' },
        {
          type: 'message/rfc822',
          body: `From: John <john@example.com>\nSubject: what Bob wrote\nMessage-ID: <inner@example.com>\nAuto-Submitted: auto-replied\nContent-Type: multipart/mixed; boundary="inner"\n\n${multipart(
            'inner',
            [
              { type: 'text/plain', body: 'from John' },
              { type: 'message/rfc822', body: 'From: Bob <bob@example.com>\nSubject: room\n\nfrom Bob' },
            ],
          )}`,
        },
      ]),
    ),
    expected: {
      kind: 'reply',
      message_id: '<answer-1@example.com>',
      snippet: 'What John wrote to me.\n\n[attached, not kept: message/rfc822]',
      textLacks: ['from John', 'from Bob'],
    },
  },
  {
    name: 'an attachment without text',
    raw: mail(
      {
        'Content-Type': 'application/pdf; name="budget.pdf"',
        'Content-Transfer-Encoding': 'base64',
        'Content-Disposition': 'attachment; filename="budget.pdf"',
      },
      base64('%PDF-1.7'),
    ),
    expected: { kind: 'reply', snippet: '[attached, not kept: budget.pdf]' },
  },
  {
    name: 'a single emoji',
    raw: mail(
      { 'Content-Transfer-Encoding': 'base64' },
      base64(`👍\n\nOn Tue, Jan 13, 2026 at 9:12 AM Ada <${REPLY_TO}> wrote:\n> OK?\n`),
    ),
    expected: { kind: 'reply', snippet: '👍' },
  },
  {
    name: 'a text with a PGP signature (RFC 3156)',
    raw: mail(
      { 'Content-Type': 'multipart/signed; micalg=pgp-sha256; protocol="application/pgp-signature"; boundary="sig"' },
      multipart('sig', [
        { type: 'text/plain; charset=utf-8', body: 'Tuesday, signed.' },
        {
          type: 'application/pgp-signature; name="signature.asc"',
          body: '-----BEGIN PGP SIGNATURE-----\n\niQIz\n-----END PGP SIGNATURE-----',
        },
      ]),
    ),
    expected: { kind: 'reply', snippet: 'Tuesday, signed.', textLacks: ['PGP'] },
  },
  {
    name: 'an encrypted message (RFC 3156)',
    raw: mail(
      { 'Content-Type': 'multipart/encrypted; protocol="application/pgp-encrypted"; boundary="enc"' },
      multipart('enc', [
        { type: 'application/pgp-encrypted', body: 'Version: 1' },
        {
          type: 'application/octet-stream; name="encrypted.asc"',
          body: '-----BEGIN PGP MESSAGE-----\n\nhQEM\n-----END PGP MESSAGE-----',
        },
      ]),
    ),
    expected: { kind: 'reply', snippet: '[attached, not kept: encrypted.asc]' },
  },
  {
    name: 'an opaque S/MIME signature (RFC 8551)',
    raw: mail(
      {
        'Content-Type': 'application/pkcs7-mime; smime-type=signed-data; name="smime.p7m"',
        'Content-Transfer-Encoding': 'base64',
        'Content-Disposition': 'attachment; filename="smime.p7m"',
      },
      base64('0\u0082\u0001'),
    ),
    expected: { kind: 'reply', snippet: '[attached, not kept: smime.p7m]' },
  },
  {
    name: 'a text with a winmail.dat (TNEF)',
    raw: mail(
      { 'Content-Type': 'multipart/mixed; boundary="tnef"' },
      multipart('tnef', [
        { type: 'text/plain; charset="us-ascii"', body: 'Tuesday it is.' },
        {
          type: 'application/ms-tnef; name="winmail.dat"',
          headers: 'Content-Transfer-Encoding: base64',
          body: base64(Buffer.from([0x78, 0x9f, 0x3e, 0x22])),
        },
      ]),
    ),
    expected: { kind: 'reply', snippet: 'Tuesday it is.\n\n[attached, not kept: winmail.dat]' },
  },
  {
    name: 'an accepted invitation that is marked as automatic',
    raw: mail(
      {
        Subject: 'Accepted: Q1 budget',
        'Auto-Submitted': 'auto-generated',
        'Content-Type': 'multipart/alternative; boundary="cal"',
      },
      multipart('cal', [
        { type: 'text/plain; charset=utf-8', body: ' ' },
        {
          type: 'text/calendar; charset=utf-8; method=REPLY',
          body: 'BEGIN:VCALENDAR\nMETHOD:REPLY\nBEGIN:VEVENT\nATTENDEE;PARTSTAT=ACCEPTED;CN=Sarah Miller:mailto:sarah@example.com\nSUMMARY:Q1 budget\nDTSTART:20260120T100000Z\nEND:VEVENT\nEND:VCALENDAR',
        },
      ]),
    ),
    expected: { kind: 'reply', snippet: '[answer to an invitation: ACCEPTED, Q1 budget, 20260120T100000Z]' },
  },
];
