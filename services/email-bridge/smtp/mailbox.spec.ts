import { expect } from 'chai';
import { createTransport } from 'nodemailer';
import { addressParser, decodeWords } from 'postal-mime';
import { mailbox } from './mailbox.ts';

const headerOf = async (text: string): Promise<string> => {
  const sent = await createTransport({ streamTransport: true, buffer: true }).sendMail({
    to: mailbox(text),
    text: 'x',
  });
  return /^To: (.*(?:\r\n .*)*)/m.exec((sent.message as Buffer).toString())?.[1] ?? '';
};

describe('a recipient’s name as the caller wrote it', () => {
  for (const [written, name] of [
    ['"Doe, Sarah" <sarah@example.com>', 'Doe, Sarah'],
    ['"Sarah \\"Sally\\" <x@y.example>" <sarah@example.com>', 'Sarah "Sally" <x@y.example>'],
    ['=?UTF-8?Q?Sarah_M=C3=BCller?= <sarah@example.com>', 'Sarah Müller'],
    ['=?UTF-8?B?U2FyYWggTcO8bGxlcg==?= <sarah@example.com>', 'Sarah Müller'],
    ['<sarah@example.com>', ''],
  ] as const)
    it(`reaches the header whole, and names one recipient: ${written}`, async () => {
      const header = await headerOf(written);
      expect(addressParser(decodeWords(header))).to.deep.equal([{ name, address: 'sarah@example.com' }]);
    });

  it('adds no header, whatever an encoded word hides', async () => {
    const header = await headerOf('=?UTF-8?Q?Sarah=0D=0ABcc=3A_x=40y.example?= <sarah@example.com>');
    expect(header).to.equal('"Sarah Bcc: x@y.example" <sarah@example.com>');
  });
});
