import { chmod, mkdir, open, rename } from 'node:fs/promises';
import { join } from 'node:path';
import { createTransport } from 'nodemailer';
import { compose } from './compose.ts';
import { composeNotice } from './compose-notice.ts';
import { noticePage } from './notice-page.ts';
import type { NoticeTransport, Transport } from './transport.ts';

/**
 * For an installation without a mail server: writes each copy of a message into a folder, as the `.eml` file that would
 * have been sent. A file is there as a whole or not at all, and a copy that is sent again overwrites its file. The
 * first recipient's has the message's id as its name; the others' have a number as well. A notice, which is for the user of
 * this installation, is a page for browsers as well.
 */
export async function folderTransport(folder: string): Promise<Transport & NoticeTransport> {
  await mkdir(folder, { recursive: true, mode: 0o700 });
  // A folder of an earlier version may be open to others.
  await chmod(folder, 0o700);
  const composer = createTransport({ streamTransport: true, buffer: true, newline: 'windows' });
  return {
    async deliver(claimed, recipient, _signal, mayLeave) {
      const { message } = await composer.sendMail(compose(claimed, recipient));
      await mayLeave();
      const { id, created_at, deliveries } = claimed.message;
      const index = deliveries.findIndex(({ address }) => address === recipient);
      const name = `${created_at.replaceAll(/[-:.]/g, '')}-${id}${index > 0 ? `-${index + 1}` : ''}.eml`;
      await writeAtomically(folder, name, message as Buffer);
      return { outcome: 'accepted', reason: '' };
    },
    async deliverNotice(notice, from, _signal, mayLeave) {
      const { message } = await composer.sendMail(composeNotice(notice, from));
      await mayLeave();
      const name = `${notice.created_at.replaceAll(/[-:.]/g, '')}-${notice.id}`;
      const { to_address: to, subject, created_at: sent, body_html } = notice;
      await writeAtomically(folder, `${name}.html`, Buffer.from(noticePage(body_html, { to, subject, sent })));
      await writeAtomically(folder, `${name}.eml`, message as Buffer);
      return { outcome: 'accepted', reason: '' };
    },
  };
}

async function writeAtomically(folder: string, name: string, content: Uint8Array): Promise<void> {
  const partial = join(folder, `.${name}.part`);
  const file = await open(partial, 'w', 0o600);
  try {
    await file.writeFile(content);
    await file.sync();
  } finally {
    await file.close();
  }
  await rename(partial, join(folder, name));
}
