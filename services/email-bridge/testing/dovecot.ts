import { execFileSync } from 'node:child_process';
import { chownSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir, userInfo } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { freePort } from '@missions/deploy/dev-servers/ports.ts';
import { logTail, supervise, type Supervised } from '@missions/deploy/process/supervised.ts';
import { waitUntil } from '@missions/test-support/wait-until.ts';
import { unpackDovecot } from './dovecot-packages.ts';

/**
 * A real IMAP server of a test's own: Dovecot 2.3 as Debian packages it, not installed, on free loopback ports, with one mailbox that takes
 * whatever is delivered for whomever.
 */
export class Dovecot {
  static readonly user = 'ada';
  static readonly password = 'secret';
  readonly imapPort: number;
  readonly lmtpPort: number;
  readonly #folder: string;
  #process: Supervised;

  private constructor(ports: { imapPort: number; lmtpPort: number }, folder: string, process: Supervised) {
    this.imapPort = ports.imapPort;
    this.lmtpPort = ports.lmtpPort;
    this.#folder = folder;
    this.#process = process;
  }

  /** @throws Error where it cannot be had: no Debian, no network. */
  static async start(): Promise<Dovecot> {
    const folder = mkdtempSync(join(tmpdir(), 'missions-dovecot-'));
    try {
      const ports = { imapPort: await freePort(), lmtpPort: await freePort() };
      const programs = unpackDovecot();
      const runsAs = owner();
      for (const name of ['', 'run', 'state', 'mail']) {
        mkdirSync(join(folder, name), { recursive: true, mode: 0o755 });
        chownSync(join(folder, name), runsAs.uid, runsAs.gid);
      }
      writeFileSync(join(folder, 'users'), `${Dovecot.user}:{PLAIN}${Dovecot.password}\n`);
      writeFileSync(join(folder, 'dovecot.conf'), configuration(folder, programs.libraries, runsAs, ports));
      const dovecot = new Dovecot(ports, folder, await run(folder, programs));
      await dovecot.#listens().catch(async (error: unknown) => {
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

  /** By LMTP, to be found in the mailbox at once. Whoever it is to. */
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
        const line = done ? 'nothing, and the connection closed' : value;
        if (!line.startsWith(code)) throw new Error(`Dovecot did not take the message: ${line}`);
        if (line[3] !== '-') return;
      }
    };
    const say = async (line: string, code: string): Promise<void> => {
      socket.write(`${line}\r\n`, 'latin1');
      await expect(code);
    };
    try {
      await expect('220');
      await say('LHLO spec', '250');
      await say(`MAIL FROM:<${from}>`, '250');
      for (const one of recipients) await say(`RCPT TO:<${one}>`, '250');
      await say('DATA', '354');
      socket.write(text, 'latin1');
      for (const _ of recipients) await expect('250');
    } finally {
      socket.destroy();
    }
  }

  /** Of everything: as after a restored backup, the same server names its messages anew (RFC 3501 section 2.3.1.1). Stopped and started again. */
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

  /** While it is gone, something happens. */
  async away(meanwhile: () => Promise<void> | void = () => {}): Promise<void> {
    await this.#leave();
    await meanwhile();
    this.#process = await run(this.#folder, unpackDovecot());
    await this.#listens();
  }

  log(): string {
    return logTail(join(this.#folder, 'dovecot.log'), 40);
  }

  async stop(): Promise<void> {
    await this.#leave();
    rmSync(this.#folder, { recursive: true, force: true });
  }

  /** Dovecot's master leaves those who serve a connection to find out by themselves, which takes them seconds. They are of its process group. */
  async #leave(): Promise<void> {
    const stat = readFileSync(`/proc/${this.#process.pid}/stat`, 'utf8');
    const group = Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[2]);
    await this.#process.stop();
    try {
      process.kill(-group, 'SIGKILL');
    } catch {
      // Nobody is left of it.
    }
  }

  async #listens(): Promise<void> {
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
        withinMs: 15_000,
        everyMs: 50,
        what: 'its greeting',
      });
    } catch (error) {
      throw new Error(`Dovecot does not listen:\n${this.log()}`, { cause: error });
    }
  }
}

export const startDovecot = (): Promise<Dovecot> => Dovecot.start();

/** In a `before`: where Dovecot cannot be had, says so loudly, and what needs it shows as pending. */
export async function dovecotOrSkip(suite: Mocha.Context): Promise<Dovecot> {
  try {
    return await Dovecot.start();
  } catch (error) {
    console.error(
      `\n  !!! NO REAL IMAP SERVER: Dovecot could not be fetched from Debian's packages and started, so these tests are LEFT OUT.\n  !!! ${String(error)}\n`,
    );
    return suite.skip();
  }
}

interface Owner {
  readonly name: string;
  readonly group: string;
  readonly uid: number;
  readonly gid: number;
}

/** It refuses to serve mail of root's. */
function owner(): Owner {
  const name = process.getuid?.() === 0 ? 'nobody' : userInfo().username;
  const say = (what: string): string => execFileSync('id', [what, name], { encoding: 'utf8' }).trim();
  return {
    name,
    group: execFileSync('id', ['-gn', name], { encoding: 'utf8' }).trim(),
    uid: Number(say('-u')),
    gid: Number(say('-g')),
  };
}

async function run(folder: string, { dovecot, doveconf }: { dovecot: string; doveconf: string }): Promise<Supervised> {
  const file = join(folder, 'dovecot.conf');
  return await supervise({
    name: 'dovecot',
    // Dovecot would look for its reader of configurations in /usr/bin; started by that, it has been read already.
    command: doveconf,
    args: ['-c', file, '-m', 'master', '-f', 'service=master', '-p', '-e', dovecot, '-F', '-c', file],
    env: { PATH: process.env['PATH'] },
    pidFile: join(folder, 'pid'),
    logFile: join(folder, 'dovecot.log'),
    signals: ['TERM', 'KILL'],
    secondsPerSignal: 5,
  });
}

const configuration = (
  folder: string,
  libraries: string,
  owner: Owner,
  { imapPort, lmtpPort }: { imapPort: number; lmtpPort: number },
): string => `
base_dir = ${folder}/run
state_dir = ${folder}/state
log_path = ${folder}/dovecot.log
instance_name = missions
libexec_dir = ${libraries}
mail_plugin_dir = ${libraries}/modules
protocols = imap lmtp
listen = 127.0.0.1
ssl = no
disable_plaintext_auth = no
auth_mechanisms = plain login
default_internal_user = ${owner.name}
default_login_user = ${owner.name}
default_internal_group = ${owner.group}
mail_uid = ${owner.name}
mail_gid = ${owner.group}
first_valid_uid = 1
first_valid_gid = 1
recipient_delimiter = +
postmaster_address = postmaster@missions.example
hostname = mail.missions.example
lmtp_hdr_delivery_address = original
mail_home = ${folder}/mail
mail_location = maildir:${folder}/mail/Maildir
passdb {
  driver = passwd-file
  args = ${folder}/users
}
userdb {
  driver = static
  args = uid=${owner.name} gid=${owner.group} home=${folder}/mail allow_all_users=yes
}
service imap-login {
  chroot =
  inet_listener imap {
    port = ${imapPort}
  }
  inet_listener imaps {
    port = 0
  }
}
service lmtp {
  inet_listener lmtp {
    port = ${lmtpPort}
  }
}
service anvil {
  chroot =
}
service stats {
  chroot =
}
`;
