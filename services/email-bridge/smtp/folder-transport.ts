import { mkdir, open, rename } from 'node:fs/promises';
import { join } from 'node:path';
import { createTransport } from 'nodemailer';
import { compose } from './compose.ts';
import type { Transport } from './transport.ts';

/**
 * Without a mail server, messages land in a folder, one `.eml` file each, as they would have been sent. A file is whole or not there, and a message
 * that is written again overwrites itself.
 */
export async function folderTransport(folder: string): Promise<Transport> {
  await mkdir(folder, { recursive: true });
  const composer = createTransport({ streamTransport: true, buffer: true, newline: 'windows' });
  return {
    async deliver(due, recipients) {
      const { message } = await composer.sendMail(compose(due, recipients));
      const name = `${due.message.created_at.replaceAll(/[-:.]/g, '')}-${due.message.id}.eml`;
      await writeWhole(folder, name, message as Buffer);
      return { accepted: [...recipients], refused: [], deferred: [] };
    },
  };
}

async function writeWhole(folder: string, name: string, content: Uint8Array): Promise<void> {
  const half = join(folder, `.${name}.part`);
  const file = await open(half, 'w', 0o600);
  try {
    await file.writeFile(content);
    await file.sync();
  } finally {
    await file.close();
  }
  await rename(half, join(folder, name));
}
