import { connect, createServer, type AddressInfo } from 'node:net';
import { Dovecot } from './dovecot.ts';

export interface ImapLink {
  readonly url: string;
  /** Of all connections, in order, without their arguments. */
  readonly commands: readonly string[];
  readonly fetched: readonly number[];
  /** The command whose answer was cut off, for each connection that was cut. */
  readonly cutCommands: readonly string[];
  /** That the server has sent. */
  bytes(): number;
  close(): void;
}

/**
 * A TCP proxy before the server, which cuts connections: instead of the answer to the command of that number (the
 * greeting is number 0), or after half of the answer's first piece, by turns.
 *
 * @param cutAt asked at each command, with the number of the connection, from 0; `here` for this command
 */
export async function imapLink(
  { imapPort }: Dovecot,
  cutAt: (connection: number, command: string) => number | 'here',
): Promise<ImapLink> {
  const commands: string[] = [];
  const fetched: number[] = [];
  const cutCommands: string[] = [];
  let connections = 0;
  let bytes = 0;
  const listener = createServer((client) => {
    const connection = connections++;
    const upstream = connect(imapPort, '127.0.0.1');
    let number = 0;
    let command = '(greeting)';
    let cuts = cutAt(connection, command) === 0;
    client.on('error', () => {}).on('close', () => upstream.destroy());
    upstream.on('error', () => {}).on('close', () => client.destroy());
    client.on('data', (chunk: Buffer) => {
      for (const [, name = '', , uid] of chunk
        .toString('latin1')
        .matchAll(/^\S+ ((?:UID )?[A-Z]+)( (\d+))?[^\r\n]*\r\n/gm)) {
        number += 1;
        command = name;
        commands.push(name);
        if (name === 'UID FETCH') fetched.push(Number(uid));
        const at = cutAt(connection, name);
        cuts ||= at === 'here' || at === number;
      }
      upstream.write(chunk);
    });
    upstream.on('data', (chunk: Buffer) => {
      bytes += chunk.length;
      if (!cuts) {
        client.write(chunk);
        return;
      }
      upstream.pause();
      cutCommands.push(command);
      const passed = connection % 2 === 0 ? 0 : chunk.length / 2;
      client.write(chunk.subarray(0, passed), () => client.resetAndDestroy());
    });
  });
  await new Promise<void>((resolve) => void listener.listen(0, '127.0.0.1', resolve));
  return {
    url: `imap://${Dovecot.user}:${Dovecot.password}@127.0.0.1:${(listener.address() as AddressInfo).port}`,
    commands,
    fetched,
    cutCommands,
    bytes: () => bytes,
    close: () => void listener.close(),
  };
}
