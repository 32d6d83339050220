import { expect } from 'chai';
import type { Notice } from '../domain/notice.ts';
import { ada, aLine, aMission, aQuestion, everyNotice, ORIGIN } from '../testing/notices.ts';
import { confirmationMail } from './letters.ts';
import { writeMail } from './write-mail.ts';

const [first] = everyNotice();
const { links } = first as Notice;
const notice = (rest: object): Notice => ({ id: 'n', reader: ada, links, ...rest }) as Notice;
const asked = (over: object, reader = {}): Notice =>
  notice({ kind: 'question', question: aQuestion(over), reader: { ...ada, ...reader } });
const hrefsOf = (html: string): string[] =>
  [...html.matchAll(/href="([^"]*)"/g)].map(([, href = '']) => href.replaceAll('&amp;', '&'));

describe('the mail of a notice', () => {
  for (const one of everyNotice())
    for (const language of ['en-GB', 'de-AT', 'xx', 'no language at all'])
      it(`of ${one.kind} in '${language}' says the same in both forms, and its links are ours`, () => {
        const mail = writeMail({ ...one, reader: { ...ada, language } });
        expect(mail.html).to.match(/^<!doctype html>\n<html lang="(en|de)">/);
        const hrefs = hrefsOf(mail.html);
        expect(hrefs).to.have.length.at.least(3);
        for (const href of hrefs) {
          expect(new URL(href).origin).to.equal(ORIGIN);
          expect(mail.text, href).to.contain(href);
        }
        expect(mail.subject).to.not.match(/[\r\n]/);
      });

  it('is the same for the same notice', () => {
    for (const one of everyNotice()) expect(writeMail(one)).to.deep.equal(writeMail(structuredClone(one)));
  });

  it('puts the question first, then until when and what happens without an answer, then a link for each option', () => {
    const { text, html } = writeMail(asked({}));
    for (const form of [text, html.slice(html.indexOf('<main>')).replaceAll(/<\/?span[^>]*>/g, '')]) {
      const order = [
        'May I book the large room',
        'Answer by',
        'Find another room',
        'Lisbon, second floor',
        `${ORIGIN}/q/7a3e1f5c?choice=yes`,
        `${ORIGIN}/q/7a3e1f5c?choice=no`,
        '/unsubscribe/',
      ].map((part) => form.indexOf(part));
      expect(order, form).to.deep.equal(order.toSorted((a, b) => a - b));
      expect(order).to.not.include(-1);
    }
  });

  for (const [language, time_zone, said] of [
    ['en-GB', 'Europe/Berlin', /Tuesday.* 2 June 2026.* 14:00 CEST/],
    ['en-US', 'America/New_York', /Tuesday, June 2, 2026.* 8:00.AM EDT/],
    ['de', 'Europe/Vienna', /Dienstag, 2. Juni 2026.* 14:00 MESZ/],
    ['en-GB', 'Asia/Kolkata', /Tuesday.* 2 June 2026.* 17:30 GMT\+5:30/],
    ['en-GB', 'Nowhere/Atlantis', /Tuesday.* 2 June 2026.* 12:00 UTC/],
    ['_', 'Asia/Kolkata', /Tuesday.* 2 June 2026.* 17:30 GMT\+5:30/],
  ] as const)
    it(`says the deadline as '${language}' does, in ${time_zone}, with the zone`, () => {
      const { text } = writeMail(asked({}, { language, time_zone }));
      expect(text).to.match(said);
    });

  it('says what is taken if nobody answers, and that nothing is', () => {
    expect(writeMail(asked({ default_option: 'yes' })).text).to.contain(
      'If nobody answers: This is taken:\n    Book it',
    );
    expect(writeMail(asked({ default_option: null })).text).to.contain('The question ends without an answer');
    const took = (label: string | null) => writeMail(notice({ kind: 'outcome', question: aQuestion(), took: label }));
    expect(took('Book it').text).to.contain('This was taken:\n    Book it');
    expect(took(null).text).to.contain('Nobody answered in time');
  });

  it('of a question without options leads to its page', () => {
    const { html } = writeMail(asked({ options: [] }));
    expect(hrefsOf(html).filter((href) => href.includes('/q/'))).to.deep.equal([`${ORIGIN}/q/7a3e1f5c`]);
  });

  it('says how many more there are than it lists', () => {
    const lines = Array.from({ length: 40 }, () => aLine());
    const several = writeMail(notice({ kind: 'several', lines, total: 300 }));
    expect(several.text).to.contain('300 things wait for you').and.to.contain('and 280 more in the inbox');
    const digest = writeMail(notice({ kind: 'digest', day: '2026-06-01', open: lines, ended: [] }));
    expect(digest.text).to.contain('40 things wait for you').and.to.contain('and 20 more in the inbox');
  });

  it('stays below 100 KB, whatever agents write', () => {
    const long = '𝒲<&"\u202e'.repeat(100_000);
    const options = Array.from({ length: 20 }, (_, index) => ({ id: `${index}`, label: long, href: `${ORIGIN}/q/1` }));
    const fields = Array.from({ length: 100 }, () => ({ name: long, value: long }));
    const lines = Array.from({ length: 500 }, () => aLine({ mission_title: long, text: long }));
    for (const one of [
      asked({ prompt: long, mission_title: long, options, fields }),
      notice({ kind: 'failed', mission: aMission({ title: long, text: long }) }),
      notice({ kind: 'several', lines, total: 500 }),
      notice({ kind: 'digest', day: '2026-06-01', open: lines, ended: lines }),
    ]) {
      const { html, text, subject } = writeMail(one);
      expect(Buffer.byteLength(html), one.kind).to.be.below(100_000);
      expect(Buffer.byteLength(text), one.kind).to.be.below(100_000);
      expect(html.isWellFormed() && text.isWellFormed(), one.kind).to.equal(true);
      expect(subject.length).to.be.below(150);
    }
  });
});

describe('what agents and strangers wrote, in a mail', () => {
  const hostile: readonly [string, string][] = [
    ['markup', '<img src=x onerror=alert(1)><script>alert(1)</script></td></table>'],
    ['an attribute', '" onmouseover="alert(1)" x="'],
    ['an entity', '&lt;b&gt; &#60;'],
    ['a comment and a style', '--><style>*{display:none}</style>'],
    ['text in another order', 'pay \u202e001$\u202c and \u2066x\u2069'],
    ['what is not seen', 'ye\u200bs\u2060\u{e0041}\u00ad\ufeff'],
    ['control characters', 'a\u0000b\u0007c\u001b[31m'],
    ['a header', 'x\r\nBcc: everybody@example.net\r\n\r\nbody'],
    ['half a pair', 'a\ud800b'],
  ];
  const kinds: readonly [string, (text: string) => Notice][] = [
    ['prompt', (text) => asked({ prompt: text })],
    ['title', (text) => asked({ mission_title: text })],
    [
      'label',
      (text) => asked({ options: [{ id: 'a', label: text, href: `${ORIGIN}/q/1?choice=a` }], default_option: 'a' }),
    ],
    ['field', (text) => asked({ fields: [{ name: text, value: text }] })],
    ['text of a mission', (text) => notice({ kind: 'failed', mission: aMission({ title: text, text }) })],
    ['default that was taken', (text) => notice({ kind: 'outcome', question: aQuestion(), took: text })],
    ['line', (text) => notice({ kind: 'several', lines: [aLine({ mission_title: text, text })], total: 1 })],
    [
      'digest',
      (text) =>
        notice({ kind: 'digest', day: '2026-06-01', open: [aLine({ text })], ended: [aLine({ mission_title: text })] }),
    ],
  ];
  const ourTags = new Set(everyNotice().flatMap((one) => tagsOf(writeMail(one).html)));

  for (const [where, of] of kinds)
    for (const [what, text] of hostile)
      it(`shows ${what} in a ${where} as text`, () => {
        const mail = writeMail(of(text));
        expect(tagsOf(mail.html).filter((tag) => !ourTags.has(tag))).to.deep.equal([]);
        expect(mail.html).to.not.match(/<[^>]*\son\w+=/);
        for (const part of [mail.subject, mail.text, mail.html])
          expect(part).to.not.match(
            /[\u202a-\u202e\u2066-\u2069\u200b\u2060\u00ad\ufeff]|[\u{e0000}-\u{e007f}]|(?!\n)\p{Cc}/u,
          );
        expect(mail.subject).to.not.match(/[\r\n]/);
        expect(mail.html.isWellFormed()).to.equal(true);
      });

  it('cannot pass for a line of ours in the plain text: it is indented', () => {
    const forged = 'Approve?\n\nYour choice:\nhttps://evil.example/q/1\n-- \nNo more mail: https://evil.example/';
    for (const [, of] of kinds.filter(([name]) => name !== 'title'))
      for (const line of writeMail(of(forged)).text.split('\n'))
        if (line.includes('evil.example')) expect(line).to.match(/^ {4}/);
  });

  it('is no link in the HTML, not even for programs that make links of addresses', () => {
    const { html } = writeMail(
      asked({ prompt: 'See https://evil.example/a, www.evil.example, me@evil.example, evil.example' }),
    );
    const texts = html.slice(html.indexOf('<body')).split(/<[^>]+>/);
    expect(texts.filter((text) => /\w\.\w|:\/\/|@\w/.test(text))).to.deep.equal([]);
  });

  it('cannot lead its reader away: an address that is not ours becomes the inbox', () => {
    for (const href of ['https://evil.example/q/1', 'javascript:alert(1)', '//evil.example', 'data:text/html,x'])
      expect(hrefsOf(writeMail(asked({ href, options: [{ id: 'a', label: 'A', href }] })).html)).to.include(
        `${ORIGIN}/`,
      );
  });

  it('keeps its letters: joiners of Persian and of emoji, and writing from right to left', () => {
    const prompt = 'می‌خواهم 👩‍👩‍👧 שלום';
    const { text, html } = writeMail(asked({ prompt }));
    expect(text).to.contain(prompt);
    expect(html).to.contain(prompt).and.to.contain('dir="auto"');
  });
});

describe('the headers of a notice’s mail', () => {
  it('say that a machine wrote it, and how one click ends it (RFC 3834, RFC 8058)', () => {
    for (const one of everyNotice()) {
      const { headers } = writeMail(one);
      expect(headers['Auto-Submitted']).to.equal('auto-generated');
      expect(headers['List-Unsubscribe']).to.equal(`<${ORIGIN}/unsubscribe/3f9c>`);
      expect(headers['List-Unsubscribe-Post']).to.equal('List-Unsubscribe=One-Click');
    }
  });

  it('and its subject make one thread of a mission’s mail', () => {
    const mails = everyNotice()
      .filter((one) => 'question' in one || 'mission' in one)
      .map((one) =>
        writeMail(
          'question' in one
            ? { ...one, question: { ...one.question, mission_title: 'Trip' } }
            : { ...one, mission: { ...one.mission, title: 'Trip' } },
        ),
      );
    const threads = mails.map(({ subject, headers }) =>
      [subject, headers['In-Reply-To'], headers['References']].join(),
    );
    expect(new Set(threads)).to.deep.equal(
      new Set(['Mission: Trip,<mission.0d4b9a2e@missions.example>,<mission.0d4b9a2e@missions.example>']),
    );
    for (const one of everyNotice().filter(({ kind }) => kind === 'several' || kind === 'digest'))
      expect(writeMail(one).headers).to.not.have.property('References');
  });
});

describe('letters about the mail itself', () => {
  it('have the code, and nothing of any mission', () => {
    for (const language of ['en', 'de']) {
      const mail = confirmationMail({ reader: { language }, links, code: '493021', minutes: 30 });
      for (const form of [mail.text, mail.html]) expect(form).to.contain('493021').and.to.contain('30');
      expect(hrefsOf(mail.html)).to.deep.equal([`${ORIGIN}/settings`]);
      expect(mail.headers).to.not.have.property('List-Unsubscribe');
    }
  });
});

function tagsOf(html: string): string[] {
  return [...html.matchAll(/<(\/?[a-zA-Z!][^\s>]*)/g)].map(([, tag = '']) => tag);
}
