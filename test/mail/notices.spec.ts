import { expect } from 'chai';
import { createTransport } from 'nodemailer';
import { readMessage } from '@missions/email-bridge/mail-parsing/message.ts';
import { writeMail } from '@missions/notifier/mail/write-mail.ts';
import { aQuestion, everyNotice } from '@missions/notifier/testing/notices.ts';

/** What the notifier writes, sent as bytes and read by the program that reads the product's own mail. */
describe('the mail of a notice, as a mail program reads it', () => {
  const messageIdOf = ({ id }: { readonly id: string }): string => `<notice.${id}@example.org>`;
  const composer = createTransport({ streamTransport: true, buffer: true, newline: 'windows' });
  async function read(notice: ReturnType<typeof everyNotice>[number]) {
    const { subject, text, html, headers } = writeMail(notice);
    const mail = { from: 'missions@example.org', to: 'ada@example.org', messageId: messageIdOf(notice) };
    const { message } = await composer.sendMail({ ...mail, subject, text, html, headers });
    return { raw: message as Buffer, incoming: readMessage(message as Buffer, ['ada@example.org']) };
  }

  for (const notice of everyNotice())
    it(`of ${notice.kind} is automatic, has its own id, and names its thread`, async () => {
      const { subject, headers } = writeMail(notice);
      const { incoming } = await read(notice);
      expect(incoming).to.deep.include({ subject, kind: 'auto_reply', message_id: messageIdOf(notice) });
      expect(incoming.references).to.deep.equal(headers['References'] === undefined ? [] : [headers['References']]);
    });

  it('says the question and every choice, with the addresses whole', async () => {
    const [question] = everyNotice();
    const { incoming } = await read(question!);
    for (const part of ['May I book the large room', 'Book it', 'https://missions.example/q/7a3e1f5c?choice=yes'])
      expect(incoming.text).to.contain(part);
  });

  it('keeps its headers whole, whatever a title says', async () => {
    const [question] = everyNotice();
    const hostile = aQuestion({ mission_title: 'x\r\nBcc: everybody@example.net\r\nX-Evil: 1\r\n\r\n<b>' });
    const { raw } = await read({ ...question!, question: hostile } as never);
    const [head = ''] = raw.toString('latin1').split('\r\n\r\n', 1);
    expect(head).to.not.match(/^(Bcc|X-Evil):/im);
    expect(head).to.match(/^List-Unsubscribe: <https:\/\/missions\.example\/unsubscribe\/3f9c>$/m);
  });
});
