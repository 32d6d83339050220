import { writeFileSync } from 'node:fs';
import { getCACertificates, setDefaultCACertificates } from 'node:tls';
import { expect } from 'chai';
import { scratchFolders } from '@missions/test-support/scratch-folder.ts';
import { waitUntil } from '@missions/test-support/wait-until.ts';
import { connectMailbox } from './imap/connection.ts';
import { type Mailbox, startMailbox } from './imap/mailbox.ts';
import { mustEncrypt, tokenReader } from './server-access.ts';
import { smtpTransport } from './smtp/smtp-transport.ts';
import { tokenSigner } from './testing/access-token.ts';
import {
  type BridgeUnderTest,
  emailRequestedEvent,
  requestedEmail,
  startBridgeUnderTest,
} from './testing/bridge-under-test.ts';
import { selfSigned } from './testing/certificate.ts';
import { Dovecot, dovecotOrSkip } from './testing/dovecot.ts';
import { type MailServer, startMailServer } from './testing/mail-server.ts';

const HOUR_MS = 3_600_000;
const LOGIN = `${Dovecot.user}:${Dovecot.password}`;

describe('mail over an encrypted connection', () => {
  const scratch = scratchFolders();
  const trusted = getCACertificates('default');
  const certificate = selfSigned('localhost');
  const first = tokenSigner();
  let relay: MailServer;
  let dovecot: Dovecot;
  let bridge: BridgeUnderTest;
  let mailbox: Mailbox | undefined;

  before(async function () {
    relay = await startMailServer();
    dovecot = await dovecotOrSkip(this, { tls: certificate, tokenKey: first.key, relayPort: relay.port });
    bridge = await startBridgeUnderTest();
    setDefaultCACertificates([...trusted, certificate.cert]);
  });
  afterEach(async () => {
    await mailbox?.stop();
    mailbox = undefined;
  });
  after(async () => {
    setDefaultCACertificates(trusted);
    await bridge?.stop();
    await dovecot?.stop();
    await relay?.stop();
  });

  const imap = (login = LOGIN, query = '?requireTLS=true'): string =>
    `imap://${login}@localhost:${dovecot.imapPort}/INBOX${query}`;
  const smtp = (login = LOGIN, query = '?requireTLS=true'): string =>
    `smtp://${login}@localhost:${dovecot.submissionPort}${query}`;
  const connected = async (url: string): Promise<string> => {
    const timeouts = { maxIdleMs: 60_000, socketTimeoutMs: 20_000 };
    const { signal } = new AbortController();
    try {
      const client = await connectMailbox({ url }, timeouts, { onChange() {}, signal });
      const { secureConnection } = client;
      client.close();
      return secureConnection ? 'encrypted' : 'in plain text';
    } catch (error) {
      return (error as Error).message;
    }
  };
  /** Sends one message. @returns what the queue records of it: '' if it was accepted */
  async function sent(url: string, accessToken?: () => Promise<string> | string): Promise<string> {
    const sending = bridge.send({ transport: smtpTransport({ url, accessToken }) });
    const { id, ...email } = requestedEmail(new Date(), { to: ['sarah@example.com'] });
    await bridge.request('ensure', { id, ...email });
    // Nothing is tried a second time.
    const read = `update message set next_attempt_at = next_attempt_at + interval '1 day'
      where email_id = $1 and attempts > 0 and locked_until is null returning last_error`;
    let row: { last_error: string } | undefined;
    await waitUntil(async () => {
      row = (await bridge.db.pool.query(read, [id])).rows[0];
      return row !== undefined;
    });
    await sending.stop();
    return row?.last_error ?? '';
  }

  it('is read and sent by STARTTLS and by imaps', async () => {
    expect(await connected(imap())).to.equal('encrypted');
    expect(await connected(`imaps://${LOGIN}@localhost:${dovecot.imapsPort}`)).to.equal('encrypted');
    expect(await sent(smtp())).to.equal('');
    expect(relay.accepted).to.have.lengthOf(1);
  });

  it('reaches no server whose certificate is of another name or issuer, and says so', async () => {
    const elsewhere = (url: string): string => url.replace('localhost', '127.0.0.1');
    const refused = /^the certificate of 127\.0\.0\.1:\d+ is refused: .*NODE_EXTRA_CA_CERTS/;
    const isUnknown = /^the certificate of localhost:\d+ is refused: .*certificate/;
    expect(await connected(elsewhere(imap()))).to.match(refused);
    expect(await sent(elsewhere(smtp()))).to.match(refused);
    setDefaultCACertificates(trusted);
    for (const query of ['?requireTLS=true', '']) {
      expect(await connected(imap(LOGIN, query))).to.match(isUnknown);
      expect(await sent(smtp(LOGIN, query))).to.match(isUnknown);
    }
    setDefaultCACertificates([...trusted, certificate.cert]);
  });

  it('stays here if the server offers no STARTTLS, and says so', async () => {
    const plain = await startMailServer({ login: { user: Dovecot.user, password: Dovecot.password } });
    const noTls = await Dovecot.start();
    const isPlain = /^localhost:\d+ offers no STARTTLS, and nothing is sent in plain text\. Use (imap|smtp)s:/;
    expect(await connected(`imap://${LOGIN}@localhost:${noTls.imapPort}?requireTLS=true`)).to.match(isPlain);
    expect(await sent(`smtp://${LOGIN}@localhost:${plain.port}?requireTLS=true`)).to.match(isPlain);
    expect(plain.accepted).to.have.lengthOf(0);
    await noTls.stop();
    await plain.stop();
  });

  it('must be encrypted for a login at another machine, unless the URL says otherwise', () => {
    const must = ['imap://a:b@mail.example.com', 'smtp://a@mail.example.com', 'smtp://a@10.0.0.1?requireTLS=true'];
    const may = [
      'smtp://relay.internal:25',
      'smtp://a:b@localhost',
      'imap://a:b@127.0.0.1:143',
      'imap://a:b@[::1]',
      'imap://a:b@mail.internal?requireTLS=false',
      'smtp://a:b@mail.internal?ignoreTLS=true',
      'imaps://a:b@mail.example.com',
    ];
    expect([...must, ...may].filter(mustEncrypt)).to.deep.equal(must);
  });

  it('logs in with the token that is in the file now, also after the one before has expired', async () => {
    const file = `${scratch()}/token`;
    const accessToken = tokenReader(undefined, file);
    const second = tokenSigner();
    const later = new Date(Date.now() + HOUR_MS);
    const email = requestedEmail(new Date());
    await bridge.handle(emailRequestedEvent(email));
    const { reply_to } = await bridge.request('get', { tracking_id: email.id });
    const replies = async (): Promise<number> =>
      (await bridge.request('get', { tracking_id: email.id }))['replies'].length;
    const deliver = (id: string) =>
      dovecot.deliver(
        `From: sarah@example.com\nTo: ${reply_to}\nMessage-ID: <${id}@example.com>\n\nTuesday.`,
        reply_to,
      );
    const { accepted } = relay;
    const before = accepted.length;

    writeFileSync(file, first.token('ada', new Date(Date.now() - HOUR_MS)));
    mailbox = startMailbox({ context: bridge.context, url: imap('ada'), accessToken, sweepMs: 300_000, retryMs: 20 });
    await waitUntil(() => mailbox?.state() === 'away');
    expect(await sent(smtp('ada'), accessToken)).to.match(/^535 5\.7\.8 /);
    writeFileSync(file, `${first.token('ada', later)}\n`);
    await deliver('one');
    await waitUntil(async () => (await replies()) === 1);
    expect(await sent(smtp('ada'), accessToken)).to.equal('');

    await dovecot.replaceTokenKey(second.key);
    await waitUntil(() => mailbox?.state() === 'away');
    expect(await sent(smtp('ada'), accessToken)).to.match(/^535 5\.7\.8 /);
    writeFileSync(file, second.token('ada', later));
    await deliver('two');
    await waitUntil(async () => (await replies()) === 2);
    expect(await sent(smtp('ada'), accessToken)).to.equal('');
    expect(accepted.length - before).to.equal(2);
  });
});
