import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { Client } from 'pg';
import type { TrackedEmail, TrackedEmailDetail } from '@missions/contracts/email/email.ts';
import { getEmail, sendEmail } from '@missions/contracts/email/requests.ts';
import type { Caller } from '@missions/contracts/request.ts';
import { NODE_OPTIONS } from '@missions/deploy/local/node-environment.ts';
import { freePort } from '@missions/deploy/dev-servers/ports.ts';
import type { Bus } from '@missions/messaging/bus.ts';
import { connectBus } from '@missions/messaging/connect.ts';
import { createLogger } from '@missions/runtime/logger.ts';
import { asGateway, callerKeyEnv } from '@missions/test-support/caller-keys.ts';
import { type DeployedServers, startDeployedServers } from '@missions/test-support/deployed-servers.ts';
import { type Program, program } from '@missions/test-support/program.ts';
import { waitUntil } from '@missions/test-support/wait-until.ts';
import { oversized } from '../testing/corpus/oversized.ts';
import { deliverRaw } from '../testing/smtp-client.ts';

const MB = 1024 * 1024;
const HEADERS = 'From: sarah@example.com\r\nSubject: Re: The Q1 budget\r\n';
const MULTIPART = `${HEADERS}MIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary="b"\r\n`;
const htmlParts = (count: number, bytes: number): Uint8Array => {
  const tags = '<div style="color:red"><p>x</p><span>';
  const part = `--b\r\nContent-Type: text/html\r\n\r\n${tags.repeat(bytes / tags.length)}\r\n`;
  return Buffer.from(`${MULTIPART}\r\n${part.repeat(count)}--b--`);
};
const filled = (headers: string, bytes: number, line: string): Uint8Array =>
  Buffer.concat([Buffer.from(`${headers}\r\n`), Buffer.alloc(bytes, line)]);

/** As they go over the wire. */
const shapes: Record<string, () => Uint8Array> = {
  '8 MB of dot-stuffed lines': () => filled(HEADERS, 8 * MB, '..\r\n'),
  '20 MB of short lines without a Message-ID': () => filled(HEADERS, 20 * MB, 'a\r\n'),
  '140 parts of HTML, 7 MB': () => htmlParts(140, 50_000),
  ...Object.fromEntries(oversized.map(({ name, raw }) => [name, () => raw])),
};

/** The service as it is deployed: a process of its own, with the heap of the image. */
describe('hostile mail', function () {
  this.timeout(240_000);
  let servers: DeployedServers;
  let gateway: Bus;
  let bridge: Program;
  let sql: Client;
  let port: number;
  const folder = mkdtempSync(join(tmpdir(), 'missions spec-'));
  const caller: Caller = { kind: 'service', credential: 'spec', customer_id: 'acme', user_id: 'ada', agent_id: null };

  before(async () => {
    servers = await startDeployedServers();
    const database = await servers.freshDatabase({ services: ['email_bridge'] });
    gateway = await connectBus({
      servers: servers.natsUrlFor('gateway'),
      name: 'gateway',
      logger: createLogger({ service: 'spec', level: 'silent' }),
      callerKeys: asGateway,
    });
    port = await freePort();
    const env = {
      NODE_OPTIONS,
      NATS_URL: servers.natsUrlFor('email-bridge'),
      ...callerKeyEnv('email-bridge'),
      DATABASE_URL: database.urlFor('email_bridge'),
      INBOUND_SMTP_PORT: String(port),
      // Of one address; the listener has no more.
      INBOUND_SMTP_CONNECTIONS_PER_ADDRESS: '100',
      DATA_DIR: folder,
    };
    bridge = await program({
      name: 'email-bridge',
      script: 'services/email-bridge/main.ts',
      env: (health) => ({ ...env, HEALTH_PORT: String(health) }),
      folder,
    });
    await bridge.start();
    sql = new Client({ connectionString: database.urlFor('email_bridge') });
    await sql.connect();
  });
  afterEach(function () {
    if (this.currentTest?.state === 'failed') console.error(bridge?.logTail(30));
  });
  after(async () => {
    await sql?.end();
    if (bridge?.running) await bridge.stop();
    await gateway?.drain();
    await servers?.stop();
    rmSync(folder, { recursive: true, force: true });
  });

  const trackedEmail = async (): Promise<TrackedEmail> =>
    (
      await gateway.request(sendEmail, {
        caller,
        input: { to: ['sarah@example.com'], subject: 'The Q1 budget', body: 'When?', expect_reply: true },
      })
    ).json<TrackedEmail>();
  const replies = async ({ id }: TrackedEmail) =>
    (await gateway.request(getEmail, { caller, input: { tracking_id: id } })).json<TrackedEmailDetail>().replies;

  /** Delivers these at once, and letters to another e-mail meanwhile. @returns the replies to the messages */
  async function bombard(messages: readonly Uint8Array[]): Promise<{ replies: string[]; lettersMeanwhile: number }> {
    const { pid } = bridge;
    const [attacked, another] = [await trackedEmail(), await trackedEmail()];
    let arriving = true;
    const to = attacked.reply_to;
    const hostile = Promise.all(messages.map((wire) => deliverRaw({ port, to, wire }))).finally(
      () => (arriving = false),
    );
    let letters = 0;
    // Letters that were accepted before the hostile messages had their replies.
    let lettersMeanwhile = 0;
    do {
      const letter = Buffer.from(`${HEADERS}Message-ID: <${letters}@example.com>\r\n\r\nTuesday.`);
      expect(await deliverRaw({ port, to: another.reply_to, wire: letter })).to.match(/^250/);
      letters += 1;
      if (arriving) lettersMeanwhile += 1;
    } while (arriving);
    expect(await replies(another)).to.have.lengthOf(Math.min(letters, 200));
    expect(bridge.running && bridge.pid).to.equal(pid);
    return { replies: await hostile, lettersMeanwhile };
  }

  for (const [shape, make] of Object.entries(shapes))
    it(`is answered for good: ${shape}`, async () => {
      expect((await bombard([make()])).replies[0]).to.match(/^(250|5)/);
    });

  it('is answered, and holds up nobody else: 50 at once, of every shape', async () => {
    const makers = Object.values(shapes);
    const messages = Array.from({ length: 50 }, (_, at) => (makers[at % makers.length] as () => Uint8Array)());
    const { replies: got, lettersMeanwhile } = await bombard(messages);
    // 452: there is not room for all at once.
    for (const reply of got) expect(reply).to.match(/^(250|452|5)/);
    expect(lettersMeanwhile, 'letters accepted meanwhile').to.be.above(0);
  });

  it('counts a try that the process did not survive, and is set aside after three', async () => {
    const { reply_to } = await trackedEmail();
    const wire = filled(HEADERS, 20 * MB, 'b\r\n');
    const tries = async () => (await sql.query('select tries from unread_mail')).rows[0]?.tries;
    for (let time = 1; time <= 3; time++) {
      const delivery = deliverRaw({ port, to: reply_to, wire });
      await waitUntil(async () => (await tries()) === time, { everyMs: 1, what: 'the reading' });
      await bridge.kill();
      expect(await delivery).to.equal('');
      await bridge.start();
      expect(await tries()).to.equal(time);
    }
    expect(await deliverRaw({ port, to: reply_to, wire })).to.match(/^250/);
    expect((await sql.query('select reason, set_aside_at from unread_mail')).rows[0])
      .to.have.property('reason')
      .that.contains('the process ended');
    expect(bridge.running).to.equal(true);
  });
});
