import { execFileSync } from 'node:child_process';
import { chownSync, linkSync, mkdirSync, mkdtempSync, readFileSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir, userInfo } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { freePort } from '@missions/deploy/dev-servers/ports.ts';
import { endOfLog } from '@missions/deploy/process/log-tail.ts';
import { supervise, type Supervised } from '@missions/deploy/process/supervised.ts';
import { waitUntil } from '@missions/test-support/wait-until.ts';
import {
  dovecotConfiguration,
  type DovecotOptions,
  type DovecotPorts,
  type Owner,
  oauthConfiguration,
} from './dovecot-configuration.ts';
import { unpackDovecot } from './dovecot-packages.ts';

/**
 * A real IMAP server for one test: Dovecot 2.3 as Debian packages it, not installed, on free loopback ports, with one
 * mailbox that accepts mail for every recipient.
 */
export class Dovecot {
  static readonly user = 'ada';
  static readonly password = 'secret';
  readonly imapPort: number;
  readonly imapsPort: number;
  readonly lmtpPort: number;
  readonly submissionPort: number;
  readonly #folder: string;
  #process: Supervised;

  private constructor(ports: DovecotPorts, folder: string, process: Supervised) {
    this.imapPort = ports.imapPort;
    this.imapsPort = ports.imapsPort;
    this.lmtpPort = ports.lmtpPort;
    this.submissionPort = ports.submissionPort;
    this.#folder = folder;
    this.#process = process;
  }

  /** @throws Error without Debian's tools or without the network. */
  static async start(options: DovecotOptions = {}): Promise<Dovecot> {
    const folder = mkdtempSync(join(tmpdir(), 'missions-dovecot-'));
    try {
      const ports: DovecotPorts = {
        imapPort: await freePort(),
        imapsPort: await freePort(),
        lmtpPort: await freePort(),
        submissionPort: await freePort(),
      };
      const programs = unpackDovecot();
      const runsAs = owner();
      for (const name of ['', 'run', 'state', 'mail']) {
        mkdirSync(join(folder, name), { recursive: true, mode: 0o755 });
        chownSync(join(folder, name), runsAs.uid, runsAs.gid);
      }
      writeFileSync(join(folder, 'users'), `${Dovecot.user}:{PLAIN}${Dovecot.password}\n`);
      const { libraries } = programs;
      writeFileSync(join(folder, 'dovecot.conf'), dovecotConfiguration({ folder, libraries, runsAs, ports, options }));
      if (options.tls)
        for (const [name, text] of Object.entries(options.tls)) writeFileSync(join(folder, `${name}.pem`), text);
      if (options.tokenKey !== undefined) {
        writeFileSync(join(folder, 'oauth2.conf'), oauthConfiguration(folder));
        writeTokenKey(folder, options.tokenKey);
      }
      const dovecot = new Dovecot(ports, folder, await run(folder, programs));
      await dovecot.#waitForGreetings().catch(async (error: unknown) => {
        await dovecot.#process.stop();
        throw error;
      });
      return dovecot;
    } catch (error) {
      rmSync(folder, { recursive: true, force: true });
      throw error;
    }
  }

  get url(): string {
    return `imap://${Dovecot.user}:${Dovecot.password}@127.0.0.1:${this.imapPort}`;
  }

  /** Delivers a message over LMTP, for any recipients; it is in the mailbox when this resolves. */
  async deliver(
    raw: string | Uint8Array,
    to: string | readonly string[] = 'ada@missions.example',
    from = 'sarah@example.com',
  ): Promise<void> {
    const recipients = [to].flat();
    const body = Buffer.from(raw).toString('latin1').replace(/\r?\n/g, '\r\n').replace(/^\./gm, '..');
    const text = `${body}${body.endsWith('\r\n') ? '' : '\r\n'}.\r\n`;
    const socket = connect(this.lmtpPort, '127.0.0.1');
    const replies = createInterface({ input: socket })[Symbol.asyncIterator]();
    const expect = async (code: string): Promise<void> => {
      for (;;) {
        const { value, done } = await replies.next();
        const line = done ? '(connection closed)' : value;
        if (!line.startsWith(code)) throw new Error(`Dovecot replied "${line}" over LMTP, expected ${code}`);
        if (line[3] !== '-') return;
      }
    };
    const send = async (line: string, code: string): Promise<void> => {
      socket.write(`${line}\r\n`, 'latin1');
      await expect(code);
    };
    try {
      await expect('220');
      await send('LHLO spec', '250');
      await send(`MAIL FROM:<${from}>`, '250');
      for (const one of recipients) await send(`RCPT TO:<${one}>`, '250');
      await send('DATA', '354');
      socket.write(text, 'latin1');
      for (const _ of recipients) await expect('250');
    } finally {
      socket.destroy();
    }
  }

  /** Restarts the server with so many more messages in the mailbox, which arrived at that time: one file of many names. */
  async fill(count: number, arrived: Date): Promise<void> {
    await this.away(() => {
      const { uid, gid } = owner();
      const name = (n: number): string =>
        join(this.#folder, 'mail/Maildir/cur', `${Math.floor(arrived.getTime() / 1_000)}.M${n}.filled:2,`);
      writeFileSync(name(1), 'From: old@example.com\nMessage-ID: <1@old.example>\nSubject: old\n\nOld.\n');
      chownSync(name(1), uid, gid);
      utimesSync(name(1), arrived, arrived);
      for (let n = 2; n <= count; n++) linkSync(name(1), name(n));
    });
  }

  /** Restarts the server with a new UIDVALIDITY and new UIDs, as after a restored backup (RFC 3501 section 2.3.1.1). */
  async renumber(): Promise<void> {
    await this.away(() => {
      for (const file of [
        'dovecot-uidlist',
        'dovecot.index',
        'dovecot.index.log',
        'dovecot.index.cache',
        'dovecot-uidvalidity',
      ])
        rmSync(join(this.#folder, 'mail/Maildir', file), { force: true });
    });
  }

  /** Restarts the server with another key of tokens: those of before have expired. */
  async replaceTokenKey(tokenKey: string): Promise<void> {
    await this.away(() => writeTokenKey(this.#folder, tokenKey));
  }

  /** Stops the server, runs `meanwhile`, and starts it again. */
  async away(meanwhile: () => Promise<void> | void = () => {}): Promise<void> {
    await this.#kill();
    await meanwhile();
    this.#process = await run(this.#folder, unpackDovecot());
    await this.#waitForGreetings();
  }

  log(): string {
    return endOfLog(join(this.#folder, 'dovecot.log'), 40);
  }

  async stop(): Promise<void> {
    await this.#kill();
    rmSync(this.#folder, { recursive: true, force: true });
  }

  /**
   * Stops the master and kills its process group: the processes that serve a connection notice the master's end only
   * after seconds.
   */
  async #kill(): Promise<void> {
    const stat = readFileSync(`/proc/${this.#process.pid}/stat`, 'utf8');
    const group = Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[2]);
    await this.#process.stop();
    try {
      process.kill(-group, 'SIGKILL');
    } catch {
      // ESRCH: every process of the group has ended.
    }
  }

  async #waitForGreetings(): Promise<void> {
    const greets = (port: number) =>
      new Promise<boolean>((resolve) => {
        const socket = connect(port, '127.0.0.1');
        socket
          .once('data', () => resolve(true))
          .once('error', () => resolve(false))
          .once('close', () => resolve(false));
        socket.setTimeout(1_000, () => resolve(false));
      });
    try {
      await waitUntil(async () => (await greets(this.imapPort)) && (await greets(this.lmtpPort)), {
        everyMs: 50,
        what: 'the greetings of Dovecot',
      });
    } catch (error) {
      throw new Error(`Dovecot did not start to listen; its log ends with:\n${this.log()}`, { cause: error });
    }
  }
}

export const startDovecot = (): Promise<Dovecot> => Dovecot.start();

/** For `before`: starts Dovecot, or prints a warning and marks the suite's tests as pending. */
export async function dovecotOrSkip(suite: Mocha.Context, options: DovecotOptions = {}): Promise<Dovecot> {
  try {
    return await Dovecot.start(options);
  } catch (error) {
    console.error(
      [
        '',
        "  !!! NO REAL IMAP SERVER: Dovecot could not be downloaded from Debian's packages and started.",
        '  !!! These tests are SKIPPED.',
        `  !!! ${String(error)}`,
        '',
      ].join('\n'),
    );
    return suite.skip();
  }
}

function writeTokenKey(folder: string, key: string): void {
  // The audience and the id that a token without any is taken to have.
  const keys = join(folder, 'keys/default/ES256');
  mkdirSync(keys, { recursive: true });
  writeFileSync(join(keys, 'default'), key);
}

/** The user that Dovecot runs as: it refuses to serve mail as root. */
function owner(): Owner {
  const name = process.getuid?.() === 0 ? 'nobody' : userInfo().username;
  const id = (option: string): string => execFileSync('id', [option, name], { encoding: 'utf8' }).trim();
  return {
    name,
    group: id('-gn'),
    uid: Number(id('-u')),
    gid: Number(id('-g')),
  };
}

async function run(folder: string, { dovecot, doveconf }: { dovecot: string; doveconf: string }): Promise<Supervised> {
  const file = join(folder, 'dovecot.conf');
  return await supervise({
    name: 'dovecot',
    // Dovecot would look for doveconf in /usr/bin. Started by doveconf, it gets the configuration from it.
    command: doveconf,
    args: ['-c', file, '-m', 'master', '-f', 'service=master', '-p', '-e', dovecot, '-F', '-c', file],
    env: { PATH: process.env['PATH'] },
    pidFile: join(folder, 'pid'),
    logFile: join(folder, 'dovecot.log'),
    signals: ['TERM', 'KILL'],
    secondsPerSignal: 5,
  });
}
