import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createServer } from 'node:net';
import { once } from 'node:events';
import { autocommit } from '@missions/persistence/transaction.ts';
import { VirtualClock } from '@missions/runtime/clock.ts';
import { scratchFolders } from '@missions/test-support/scratch-folder.ts';
import { waitUntil } from '@missions/test-support/wait-until.ts';
import { expect } from 'chai';
import { claimMessages } from '../store/claim-messages.ts';
import {
  requestedEmail,
  emailRequestedEvent,
  type BridgeUnderTest,
  startBridgeUnderTest,
  unblockedEvent,
} from '../testing/bridge-under-test.ts';
import { type MailServer, startMailServer } from '../testing/mail-server.ts';
import { tokenReader } from '../server-access.ts';
import { retryDelay } from './queue.ts';
import { folderTransport } from './folder-transport.ts';
import { smtpTransport } from './smtp-transport.ts';

const MINUTE = 60_000;

describe('the sending queue', () => {
  const clock = new VirtualClock(new Date('2026-06-01T12:00:00Z'));
  const scratch = scratchFolders();
  let service: BridgeUnderTest;
  let server: MailServer;
  const smtp = () => ({ transport: smtpTransport({ url: server.url }) });
  const status = async (requested: { id: string }) =>
    (await service.request('get', { tracking_id: requested.id }))['status'];
  const queuedEmail = async (over: Parameters<typeof requestedEmail>[1] = {}) => {
    const requested = requestedEmail(clock.now(), over);
    await service.request('ensure', requested);
    return requested;
  };

  beforeEach(async () => {
    service = await startBridgeUnderTest(clock);
    server = await startMailServer();
  });
  afterEach(async () => {
    await service.stop();
    await server.stop();
  });

  it('sends the e-mail as requested, to its recipients, and announces it', async () => {
    service.send(smtp());
    const requested = await queuedEmail({
      cc: ['boss@example.com'],
      bcc: ['audit@example.com'],
      body_html: '<p>When?</p>',
      reply_to_message_id: '<parent@example.com>',
    });
    await waitUntil(async () => (await status(requested)) === 'awaiting_reply');
    const everybody = ['sarah@example.com', 'john@example.com', 'boss@example.com', 'audit@example.com'];
    expect(server.accepted.map(({ to }) => to)).to.deep.equal(everybody.map((address) => [address]));
    const [{ from, raw, parsed: sent }] = server.accepted as [MailServer['accepted'][0]];
    const email = await service.request('get', { tracking_id: requested.id });
    expect(email['reply_to']).to.match(/^reply\+[a-z2-7]{26}@hub\.example$/);
    expect(raw).to.not.contain('audit@example.com');
    expect([sent.from?.address, sent.replyTo?.[0]?.address, sent.messageId]).to.deep.equal([
      'reply@hub.example',
      from,
      email['message_id'],
    ]);
    expect(sent.to).to.deep.equal([
      { name: 'Sarah Miller', address: 'sarah@example.com' },
      { name: '', address: 'john@example.com' },
    ]);
    expect([sent.inReplyTo, sent.references, email['thread_id']]).to.deep.equal(Array(3).fill('<parent@example.com>'));
    expect([sent.subject, sent.text?.trim(), sent.html?.trim()]).to.deep.equal([
      'The Q1 budget',
      'When can we meet?',
      '<p>When?</p>',
    ]);
    expect(await service.eventTypes(requested.id)).to.deep.equal(['scheduler.timer_set_email', 'email.sent']);
    expect((await service.eventsAbout(requested.id))[1]?.data).to.deep.include({
      message_id: email['message_id'],
      follow_up: 0,
      refused: [],
    });
  });

  it('gives each recipient a reply address of their own, and no token stands in a Message-ID', async () => {
    service.send(smtp());
    const requested = await queuedEmail({ cc: ['boss@example.com'], mission_id: null, task_id: null });
    await waitUntil(async () => (await status(requested)) === 'awaiting_reply');
    await service.request('follow_up', { tracking_id: requested.id, follow_up: {} });
    await waitUntil(() => server.accepted.length === 5);
    const copies = server.accepted.map(({ from, to: [to], parsed: { replyTo, messageId, to: shown, cc } }) => {
      return { from, to, replyTo: replyTo?.[0]?.address, messageId, shown: [...(shown ?? []), ...(cc ?? [])].length };
    });
    for (const { from, replyTo, shown } of copies.slice(0, 3)) {
      expect(from).to.match(/^reply\+[a-z2-7]{26}@hub\.example$/);
      expect([replyTo, shown]).to.deep.equal([from, 3]);
    }
    const addressOf = new Map(copies.map(({ to, from }) => [to, from]));
    const { reply_to } = await service.request('get', { tracking_id: requested.id });
    expect(new Set([...addressOf.values(), reply_to]).size).to.equal(4);
    expect(copies.slice(3).map(({ to, from, replyTo }) => [to, from, replyTo])).to.deep.equal(
      ['sarah@example.com', 'john@example.com'].map((to) => [to, addressOf.get(to), addressOf.get(to)]),
    );
    expect(new Set(copies.slice(0, 3).map(({ messageId }) => messageId)).size).to.equal(1);
    const tokens = [...addressOf.values(), reply_to].map((address) => /\+(.*)@/.exec(address)?.[1] ?? '');
    for (const { messageId } of copies) for (const token of tokens) expect(messageId).not.to.contain(token);
  });

  it('marks the recipients that the server refuses as bounced', async () => {
    server.refuse = (address) => (address.startsWith('john') ? '550 5.1.1 no such user' : undefined);
    service.send(smtp());
    const requested = await queuedEmail();
    await waitUntil(async () => (await status(requested)) === 'awaiting_reply');
    expect(await service.eventTypes(requested.id)).to.deep.equal([
      'scheduler.timer_set_email',
      'email.sent',
      'email.bounced',
    ]);
    const [, sent, bounced] = await service.eventsAbout(requested.id);
    expect(sent?.data['refused']).to.deep.equal(['john@example.com']);
    expect(bounced?.data).to.deep.include({
      recipient: 'john@example.com',
      nobody_left: false,
      pending_from: ['sarah@example.com'],
      bounced: ['john@example.com'],
    });
    expect(bounced?.data['reason']).to.contain('no such user');
  });

  it('marks the e-mail as bounced if the server refuses all recipients, or the message', async () => {
    service.send(smtp());
    server.refuse = () => '550 5.1.1 no such user';
    const one = await queuedEmail();
    await waitUntil(async () => (await status(one)) === 'bounced');
    server.refuse = () => undefined;
    server.refuseMessage = () => '554 5.7.1 spam';
    const two = await queuedEmail();
    await waitUntil(async () => (await status(two)) === 'bounced');
    for (const requested of [one, two]) {
      expect(await service.eventTypes(requested.id)).to.deep.equal([
        'scheduler.timer_set_email',
        'email.bounced',
        'email.bounced',
        'scheduler.timer_cancelled_email',
      ]);
      expect((await service.eventsAbout(requested.id)).map(({ data }) => data['nobody_left'])).to.deep.equal([
        undefined,
        false,
        true,
        undefined,
      ]);
    }
    expect(server.accepted).to.have.lengthOf(0);
  });

  it('tries only the deferred recipients again, after a delay', async () => {
    let attempts = 0;
    server.refuse = (address) => (address.startsWith('john') && attempts++ === 0 ? '451 4.7.1 greylisted' : undefined);
    service.send(smtp());
    const requested = await queuedEmail();
    await waitUntil(async () => (await status(requested)) === 'awaiting_reply');
    expect((await service.request('get', { tracking_id: requested.id }))['last_error']).to.contain('greylisted');
    clock.advance(3_000);
    await service.request('get', { tracking_id: requested.id });
    expect(attempts).to.equal(1);
    clock.advance(MINUTE);
    await waitUntil(() => server.accepted.length === 2);
    expect(attempts).to.equal(2);
    expect(server.accepted.map(({ to }) => to)).to.deep.equal([['sarah@example.com'], ['john@example.com']]);
    expect(new Set(server.accepted.map(({ parsed: sent }) => sent.messageId)).size).to.equal(1);
    await waitUntil(async () => (await service.request('get', { tracking_id: requested.id }))['last_error'] === '');
    expect((await service.eventTypes(requested.id)).filter((type) => type === 'email.sent')).to.have.lengthOf(1);
  });

  it('tries again while the server is unreachable, and marks nobody as bounced', async () => {
    const closed = createServer();
    closed.listen(0, '127.0.0.1');
    await once(closed, 'listening');
    const { port } = closed.address() as { port: number };
    closed.close();
    service.send({ transport: smtpTransport({ url: `smtp://127.0.0.1:${port}` }) });
    const requested = await queuedEmail();
    await waitUntil(async () =>
      /ECONNREFUSED/.test((await service.request('get', { tracking_id: requested.id }))['last_error']),
    );
    expect(await status(requested)).to.equal('queued');
    const late = await startMailServer({ port });
    clock.advance(MINUTE);
    await waitUntil(async () => (await status(requested)) === 'awaiting_reply');
    expect(late.accepted).to.have.lengthOf(2);
    await late.stop();
  });

  it('tries again if the server greets with 554', async () => {
    const closed = createServer((socket) => socket.end('554 5.3.2 no service here\r\n'));
    closed.listen(0, '127.0.0.1');
    await once(closed, 'listening');
    service.send({
      transport: smtpTransport({ url: `smtp://127.0.0.1:${(closed.address() as { port: number }).port}` }),
    });
    const requested = await queuedEmail();
    await waitUntil(async () =>
      /554/.test((await service.request('get', { tracking_id: requested.id }))['last_error']),
    );
    expect(await status(requested)).to.equal('queued');
    closed.close();
  });

  it('logs in by password or by token, and marks nobody as bounced if the login is refused', async () => {
    const strict = await startMailServer({ login: { user: 'me@hub.example', password: 'p@ss', accessToken: 'token' } });
    const at = (login: string) => strict.url.replace('//', `//${login}@`);
    const sending = service.send({ transport: smtpTransport({ url: at('me%40hub.example:wrong') }) });
    const requested = await queuedEmail();
    await waitUntil(async () =>
      /535/.test((await service.request('get', { tracking_id: requested.id }))['last_error']),
    );
    expect(await status(requested)).to.equal('queued');
    await sending.stop();
    clock.advance(MINUTE);
    const second = service.send({ transport: smtpTransport({ url: at('me%40hub.example:p%40ss') }) });
    await waitUntil(async () => (await status(requested)) === 'awaiting_reply');
    await second.stop();
    // As SMTP_ACCESS_TOKEN_FILE: another program renews the token in the file, and each connection reads it.
    const file = join(scratch(), 'token');
    writeFileSync(file, 'former\n');
    service.send({
      transport: smtpTransport({ url: at('me%40hub.example'), accessToken: tokenReader(undefined, file)! }),
    });
    const other = await queuedEmail();
    await waitUntil(async () => /535/.test((await service.request('get', { tracking_id: other.id }))['last_error']));
    writeFileSync(file, 'token\n');
    clock.advance(MINUTE);
    await waitUntil(async () => (await status(other)) === 'awaiting_reply');
    expect(strict.accepted).to.have.lengthOf(4);
    await strict.stop();
  });

  it('sends a message again, with the same Message-ID, if the process died before it recorded the result', async () => {
    let crashes = 1;
    const afterSend = () => {
      if (crashes-- > 0) throw new Error('crash');
    };
    service.send({ ...smtp(), faults: { afterSend } });
    const requested = await queuedEmail({ to: ['sarah@example.com'] });
    await waitUntil(() => server.accepted.length === 1 && crashes === 0);
    expect(await status(requested)).to.equal('queued');
    clock.advance(MINUTE);
    await service.request('get', { tracking_id: requested.id });
    expect(server.accepted).to.have.lengthOf(1);
    clock.advance(2 * MINUTE);
    await waitUntil(async () => (await status(requested)) === 'awaiting_reply');
    expect(server.accepted).to.have.lengthOf(2);
    const [first, again] = server.accepted.map(({ raw }) => raw.replaceAll(/--_[^\r\n]*|boundary="[^"]*"/g, ''));
    expect(again).to.equal(first);
    expect((await service.eventTypes(requested.id)).filter((type) => type === 'email.sent')).to.have.lengthOf(1);
  });

  it('goes on with the other recipients, and the same Message-ID, if the process died between two copies', async () => {
    const to = ['one', 'two', 'three', 'four'].map((name) => `${name}@example.com`);
    server.refuse = (address) => (address.startsWith('two') ? '451 4.7.1 greylisted' : undefined);
    let copies = 0;
    const afterSend = () => {
      copies += 1;
      // As a kill does: two copies are noted, and the response to the third one is lost.
      if (copies === 3) throw new Error('crash');
    };
    service.send({ ...smtp(), faults: { afterSend } });
    const requested = await queuedEmail({ to });
    await waitUntil(() => copies === 3);
    expect(server.accepted.map((copy) => copy.to[0])).to.deep.equal([to[0], to[2]]);
    clock.advance(3 * MINUTE);
    await waitUntil(async () => (await status(requested)) === 'awaiting_reply');
    server.refuse = () => undefined;
    clock.advance(MINUTE);
    await waitUntil(() => server.accepted.length === 5);
    // Only the third copy is in doubt.
    expect(server.accepted.map((copy) => copy.to[0])).to.deep.equal([to[0], to[2], to[2], to[3], to[1]]);
    expect(new Set(server.accepted.map(({ parsed: sent }) => sent.messageId)).size).to.equal(1);
    await waitUntil(
      async () =>
        (await service.db.pool.query('select status from message where id = $1', [requested.id])).rows[0].status ===
        'sent',
    );
  });

  it('sends each message once if several copies of the service run', async () => {
    const emails = await Promise.all(Array.from({ length: 40 }, () => queuedEmail()));
    for (let copy = 0; copy < 4; copy++) service.send(smtp());
    await waitUntil(async () => (await Promise.all(emails.map(status))).every((one) => one === 'awaiting_reply'), {
      everyMs: 200,
    });
    expect(server.accepted).to.have.lengthOf(80);
    expect(new Set(server.accepted.map(({ from }) => from)).size).to.equal(80);
    expect(new Set(server.accepted.map(({ parsed: sent }) => sent.messageId)).size).to.equal(40);
  });

  it('gives each message to one of several claims of the same moment', async () => {
    await Promise.all(Array.from({ length: 20 }, () => queuedEmail()));
    const claims = await Promise.all(
      Array.from({ length: 15 }, () => claimMessages(autocommit(service.db), clock.now(), 4, 120)),
    );
    const claimed = claims.flat().map(({ message }) => message.id);
    expect([claimed.length, new Set(claimed).size]).to.deep.equal([20, 20]);
  });

  it('drops a message that was cancelled before it was sent, and records one that was being sent', async () => {
    const never = await queuedEmail();
    await service.handle(unblockedEvent(never));
    let release = (): void => undefined;
    server.hold = new Promise<void>((resolve) => (release = resolve));
    service.send(smtp());
    const meanwhile = requestedEmail(clock.now());
    await service.handle(emailRequestedEvent(meanwhile));
    const locked = async () =>
      (await service.db.pool.query('select locked_until from message where id = $1', [meanwhile.id])).rows[0]
        .locked_until !== null;
    await waitUntil(locked);
    await service.handle(unblockedEvent(meanwhile));
    release();
    await waitUntil(async () => (await service.eventTypes(meanwhile.id)).includes('email.sent'));
    // A copy that was under way cannot be called back; the other recipient gets none.
    expect(server.accepted.map(({ to }) => to)).to.deep.equal([['sarah@example.com']]);
    expect([await status(never), await status(meanwhile)]).to.deep.equal(['cancelled', 'cancelled']);
    expect((await service.request('get', { tracking_id: meanwhile.id }))['sent_at']).to.not.equal(null);
    const before = await queuedEmail();
    await waitUntil(async () => (await status(before)) === 'awaiting_reply');
    await service.handle(unblockedEvent(before));
    const { rows } = await service.db.pool.query('select id, status from message order by created_at, id');
    expect(rows).to.have.deep.members([
      { id: never.id, status: 'dropped' },
      { id: meanwhile.id, status: 'dropped' },
      { id: before.id, status: 'sent' },
    ]);
  });

  it('sends a follow-up in the thread, to the pending recipients, without naming a bcc recipient', async () => {
    service.send(smtp());
    const requested = await queuedEmail({
      mission_id: null,
      task_id: null,
      bcc: ['audit@example.com'],
      expected_recipients: ['sarah@example.com', 'audit@example.com'],
    });
    await waitUntil(async () => (await status(requested)) === 'awaiting_reply');
    const after = await service.request('follow_up', { tracking_id: requested.id, follow_up: { body: 'Any news?' } });
    expect([after['status'], after['follow_ups']]).to.deep.equal(['followup_sent', 1]);
    await waitUntil(
      async () => (await service.eventTypes(requested.id)).filter((type) => type === 'email.sent').length === 2,
    );
    expect(server.accepted.slice(3).map(({ to }) => to)).to.deep.equal([['sarah@example.com'], ['audit@example.com']]);
    const [first, , , second] = server.accepted as [MailServer['accepted'][0], any, any, MailServer['accepted'][0]];
    expect(second.parsed.to).to.deep.equal([{ name: 'Sarah Miller', address: 'sarah@example.com' }]);
    expect(second.raw).to.not.contain('audit@');
    expect([second.parsed.subject, second.parsed.inReplyTo, second.parsed.references]).to.deep.equal([
      'Re: The Q1 budget',
      first.parsed.messageId,
      first.parsed.messageId,
    ]);
    expect([second.from, second.parsed.text?.trim()]).to.deep.equal([first.from, 'Any news?']);
  });

  it('writes whole files if no mail server is set', async () => {
    const folder = join(scratch(), 'outbox');
    let crashes = 1;
    const afterSend = () => {
      if (crashes-- > 0) throw new Error('crash');
    };
    service.send({ transport: await folderTransport(folder), faults: { afterSend } });
    const requested = await queuedEmail();
    await waitUntil(() => crashes === 0);
    clock.advance(3 * MINUTE);
    await waitUntil(async () => (await status(requested)) === 'awaiting_reply');
    const files = readdirSync(folder);
    const name = `20260601T${requested.created_at.slice(11).replaceAll(/[:.]/g, '')}-${requested.id}`;
    expect(files.toSorted()).to.deep.equal([`${name}-2.eml`, `${name}.eml`]);
    expect(readFileSync(join(folder, files[0] ?? ''), 'utf8')).to.contain(`\r\nSubject: The Q1 budget\r\n`);
  });

  it('finishes the sends in flight before it stops', async () => {
    let release = (): void => undefined;
    server.hold = new Promise<void>((resolve) => (release = resolve));
    const sending = service.send(smtp());
    const requested = await queuedEmail();
    await waitUntil(
      async () => (await service.db.pool.query('select 1 from message where locked_until is not null')).rowCount === 1,
    );
    const stopped = sending.stop();
    release();
    await stopped;
    expect([await status(requested), server.accepted.length]).to.deep.equal(['awaiting_reply', 2]);
  });

  it('triples the delay after each attempt, up to 15 minutes, and spreads it by a quarter', () => {
    expect([1, 2, 3, 4, 20].map((attempt) => retryDelay(attempt, () => 0.5))).to.deep.equal([
      5_000, 15_000, 45_000, 135_000, 900_000,
    ]);
    expect([retryDelay(1, () => 0), retryDelay(1, () => 1)]).to.deep.equal([3_750, 6_250]);
  });
});
