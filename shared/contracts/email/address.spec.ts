import { expect } from 'chai';
import { parser } from '../schema.ts';
import { Address, addressKey, BareAddress, parseAddress } from './address.ts';
import { NewEmail } from './email.ts';
import { mailFaults, requestedMail } from './requested.ts';

const [read, readBare] = [parser(Address), parser(BareAddress)];
const takes = (text: string): boolean => {
  try {
    return read(text) === text;
  } catch {
    return false;
  }
};
const unseen = [
  '\u0000',
  '\n',
  '\u007f',
  '\u0080',
  '\u0085',
  '\u009f',
  '\u00ad',
  '\u061c',
  '\u180e',
  '\u200b',
  '\u200f',
  '\u2028',
  '\u2029',
  '\u202e',
  '\u2060',
  '\u2066',
  '\u2069',
  '\ufeff',
];
const code = (character: string): string => `U+${character.charCodeAt(0).toString(16).padStart(4, '0')}`;

describe('an e-mail address', () => {
  for (const good of [
    'sarah@example.com',
    'sarah@localhost',
    "o'hara+budget.q1@mail-1.example.co.uk",
    'Sarah Miller <sarah@example.com>',
    'Zoë <zoë@bücher.example>',
    '王 <wang@例え.jp>',
    'a@xn--bcher-kva.example',
    'می\u200cخواهم 👩\u200d🚀 <a@example.com>',
    ' <a@b>',
    '<sarah@example.com>',
    '"Doe, Sarah" <sarah@example.com>',
    '"Doe, Sarah"<sarah@example.com>',
    '"Sarah \\"Sally\\" Doe (Legal) <x@y.example>" <sarah@example.com>',
    '"C:\\\\Sarah; friends: all" <sarah@example.com>',
    '=?UTF-8?Q?Sarah_M=C3=BCller?= <sarah@example.com>',
    `${'a'.repeat(64)}@${'b'.repeat(63)}.example`,
  ]) {
    it(`may be ${good.slice(0, 60)}`, () => expect(takes(good)).to.equal(true));
  }
  for (const bad of [
    '',
    'sarah',
    '@example.com',
    'a@',
    'a..b@example.com',
    '.a@example.com',
    'a.@example.com',
    'a@example..com',
    'a@.example.com',
    'a@example.com.',
    'a@-example.com',
    'a@example-.com',
    'a@example.-com',
    'a@example.com-',
    'a@b@c',
    'Sarah <a@b',
    'Sarah <a@b> x',
    'Sarah<a@b>',
    '<sarah@example.com',
    'sarah@example.com>',
    '<<sarah@example.com>>',
    '"Doe, Sarah <sarah@example.com>',
    'Doe, Sarah <sarah@example.com>',
    '"Doe" Sarah <sarah@example.com>',
    '"Doe\\" <sarah@example.com>',
    '"a\n" <sarah@example.com>',
    '"a\\\n" <sarah@example.com>',
    '"a" <sarah@example.com>, "b" <b@example.com>',
    'Sarah <a..b@example.com>',
    'Sarah <a@-b.example>',
    `${'a'.repeat(65)}@example.com`,
    `a@${'b.'.repeat(127)}example`,
  ]) {
    it(`may not be ${bad.slice(0, 60) || 'empty'}`, () => expect(takes(bad)).to.equal(false));
  }
  it('may contain zero-width joiners in the name only', () => {
    expect(
      ['sa\u200drah@example.com', 'sarah@exa\u200cmple.com', 'Sarah <sa\u200drah@example.com>'].filter(takes),
    ).to.deep.equal([]);
  });
  for (const character of unseen) {
    it(`contains no ${code(character)}, neither in the address nor in the name`, () => {
      const places = [
        `sa${character}rah@example.com`,
        `sarah@exa${character}mple.com`,
        `Sa${character}rah <sarah@example.com>`,
        `Sarah <sa${character}rah@example.com>`,
      ];
      expect(places.filter(takes)).to.deep.equal([]);
    });
  }

  // A backtracking expression would take exponential time on these texts.
  it('is refused in linear time, even if it is built to make the expression backtrack', () => {
    const hostile = [
      'a-'.repeat(250),
      `a@${'a-'.repeat(250)}`,
      `a@${'a.'.repeat(250)}`,
      `${'a '.repeat(250)}<`,
      `a <a@${'-'.repeat(500)}`,
      `"${'\\'.repeat(500)}`,
      `"${'\\"'.repeat(250)}`,
      `"${'a '.repeat(250)}<a@b>`,
    ];
    expect(hostile.filter(takes)).to.deep.equal([]);
  });

  it('is told apart from its name, which may hold whatever is quoted', () => {
    expect(
      [
        '"Doe, Sarah" <sarah@example.com>',
        '"Sarah \\"Sally\\" <x@y.example>"<Sarah@example.com>',
        '<sarah@example.com>',
        'Sarah <sarah@example.com>',
      ].map(parseAddress),
    ).to.deep.equal([
      { name: 'Doe, Sarah', address: 'sarah@example.com' },
      { name: 'Sarah "Sally" <x@y.example>', address: 'Sarah@example.com' },
      { name: '', address: 'sarah@example.com' },
      { name: 'Sarah', address: 'sarah@example.com' },
    ]);
    expect(addressKey('<SARAH@example.com>')).to.equal('sarah@example.com');
  });

  it('of an expected recipient is compared with the recipients without name and case', () => {
    const mail = parser(NewEmail)({
      to: ['Sarah <Sarah@example.com>', 'john@example.com'],
      subject: 'x',
      body: 'y',
      expect_reply: true,
      expected_recipients: ['S. Miller <sarah@example.com>'],
    });
    expect(mailFaults(mail)).to.deep.equal([]);
    expect(
      requestedMail(mail, { id: 'i', customer_id: 'c', user_id: 'u', at: '2027-01-18T09:00:00.000Z' })
        .expected_recipients,
    ).to.deep.equal(['sarah@example.com']);
    expect(() => readBare('Sarah <sarah@example.com>')).to.throw();
    expect(addressKey('Sarah <SARAH@example.com>')).to.equal('sarah@example.com');
  });
});
