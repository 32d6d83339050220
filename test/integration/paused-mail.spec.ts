import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { expect } from 'chai';
import { type MailServer, startMailServer } from '@missions/email-bridge/testing/mail-server.ts';
import { type ApiResponse, Api } from '@missions/test-support/api.ts';
import { waitUntil } from '@missions/test-support/wait-until.ts';
import { repetitions } from '@missions/test-support/repetitions.ts';
import { type MailEnvironment, openMailEnvironment } from '../mail/mail-environment.ts';
import { expectStatus } from './client.ts';
import { SimulatedUser } from './simulated-user.ts';

const RACES = repetitions(60, 200);
const withinMs = 40_000;

describe('mail of a mission that is paused, ended or switched off', function () {
  this.timeout(180_000);
  let environment: MailEnvironment;
  let mailServer: MailServer;
  let api: Api;
  let ada: SimulatedUser;

  before(async () => {
    mailServer = await startMailServer();
    environment = await openMailEnvironment({
      bridge: { SMTP_URL: mailServer.url },
      gateway: { RATE_LIMIT_PER_KEY: '0' },
    });
  });
  beforeEach(() => {
    api = new Api(environment.product);
    ada = new SimulatedUser(api);
    mailServer.holdRecipient = undefined;
    mailServer.refuse = () => undefined;
  });
  afterEach(function () {
    if (this.currentTest?.state === 'failed') console.error(environment?.product.logs());
  });
  after(async () => {
    await environment?.close();
    await mailServer?.stop();
  });

  const letter = (to: string, more: object = {}) => ({
    user_id: 'ada',
    to: [to],
    subject: 'Q1',
    body: 'When?',
    ...more,
  });
  const send = (mission: { id: string }, to: string, more: object = {}, key?: string): Promise<ApiResponse> =>
    api.insist('POST', 'emails', {
      body: letter(to, { mission_id: mission.id, ...more }),
      ...(key !== undefined && { headers: { 'idempotency-key': key } }),
    });
  const copiesTo = (address: string): number => mailServer.accepted.filter(({ to }) => to.includes(address)).length;
  const statusOf = async ({ id }: { id: string }) => (await api.get(`emails/${id}?user_id=ada`)).body.status;
  const messageStatusOf = async ({ id }: { id: string }) =>
    (await environment.rows('select status from email_bridge.message where id = $1', [id]))[0]?.status;
  const killSwitch = (verb: 'on' | 'off') =>
    promisify(execFile)(
      process.execPath,
      ['services/scheduler/admin/kill-switch.ts', verb, '--customer', api.customer, '--user', 'ada'],
      { env: { PATH: process.env['PATH'], DATABASE_URL: environment.database.urlFor('scheduler') } },
    );

  /** Stops the server before its reply to RCPT for an address, which precedes DATA. */
  function stopAtRecipient() {
    const reached = Promise.withResolvers<void>();
    const released = Promise.withResolvers<void>();
    mailServer.holdRecipient = async () => {
      reached.resolve();
      await released.promise;
    };
    return { reached: reached.promise, release: () => released.resolve() };
  }
  /** How many of the messages were given back without an attempt, to be looked at again within 15 s. */
  const withheldOf = async (ids: readonly string[]): Promise<number> => {
    const sql = `select count(*)::int as n from email_bridge.message
      where id = any($1) and status = 'queued' and attempts = 0 and locked_until is null
        and next_attempt_at between now() and now() + interval '16 s'`;
    return (await environment.rows(sql, [ids]))[0].n;
  };
  const withheld = (id: string) =>
    waitUntil(async () => (await withheldOf([id])) === 1, { what: 'the message to be withheld' });
  /** Lets the 15 s until a withheld message is looked at again pass at once. */
  const lookAgain = (id: string) =>
    environment.rows(
      `update email_bridge.message set next_attempt_at = now() where id = $1 and status = 'queued' and locked_until is null`,
      [id],
    );

  const cancelledInHistory = ({ id }: { id: string }, address: string) =>
    waitUntil(
      async () =>
        (await api.get(`missions/${id}/events`)).body.events.find(
          ({ title, content }: { title: string; content: string }) =>
            title.startsWith('Mail cancelled before it was sent') && content.includes(address),
        ),
      { withinMs, what: 'the entry in the history' },
    );

  it('does not leave after a pause that was acknowledged before DATA, and leaves once after the resume', async () => {
    const mission = await api.mission();
    const gate = stopAtRecipient();
    const { body: mail } = await send(mission, 'sarah@example.com');
    await gate.reached;
    await expectStatus(200, ada.control(mission.id, 'pause'));
    gate.release();
    await withheld(mail.id);
    expect([copiesTo('sarah@example.com'), await statusOf(mail)]).to.deep.equal([0, 'queued']);
    await lookAgain(mail.id);
    await withheld(mail.id);
    await expectStatus(200, ada.control(mission.id, 'resume'));
    await lookAgain(mail.id);
    await waitUntil(async () => (await statusOf(mail)) === 'sent', { withinMs, what: 'the mail, sent' });
    expect(copiesTo('sarah@example.com')).to.equal(1);
  });

  it('is not accepted while the mission is paused, but a repeated call is replayed', async () => {
    const mission = await api.mission();
    const first = await send(mission, 'early@example.com', {}, 'one');
    await expectStatus(200, ada.control(mission.id, 'pause'));
    const again = await send(mission, 'early@example.com', {}, 'one');
    expect([again.status, again.body.id]).to.deep.equal([201, first.body.id]);
    const { status, body } = await send(mission, 'late@example.com', {}, 'two');
    expect([status, body.code, body.reason]).to.deep.equal([409, 'INVALID_TRANSITION', 'paused']);
  });

  it('is not accepted while a kill switch is on, but a repeated call is replayed', async () => {
    const mission = await api.mission();
    const first = await send(mission, 'before@example.com', {}, 'one');
    await killSwitch('on');
    const again = await send(mission, 'before@example.com', {}, 'one');
    expect([again.status, again.body.id]).to.deep.equal([201, first.body.id]);
    const { status, body } = await send(mission, 'switched@example.com', {}, 'two');
    expect([status, body.code, body.reason]).to.deep.equal([409, 'INVALID_TRANSITION', 'switched_off']);
    await killSwitch('off');
    expect((await send(mission, 'switched@example.com', {}, 'two')).status).to.equal(201);
  });

  it('waits while a kill switch is on', async () => {
    const mission = await api.mission();
    const gate = stopAtRecipient();
    const { body: mail } = await send(mission, 'killed@example.com');
    await gate.reached;
    await killSwitch('on');
    gate.release();
    await withheld(mail.id);
    expect(copiesTo('killed@example.com')).to.equal(0);
    await killSwitch('off');
    await lookAgain(mail.id);
    await waitUntil(async () => (await statusOf(mail)) === 'sent', { withinMs, what: 'the mail, sent' });
  });

  it('is no follow-up either', async () => {
    const mission = await api.mission();
    const { body: mail } = await send(mission, 'followed@example.com', { expect_reply: true });
    await waitUntil(async () => (await statusOf(mail)) === 'awaiting_reply', { what: 'the mail, sent' });
    await expectStatus(200, ada.control(mission.id, 'pause'));
    const followUp = () => api.post(`emails/${mail.id}/follow-up?user_id=ada`, { body: 'Well?' });
    const { status, body } = await followUp();
    expect([status, body.code, body.reason]).to.deep.equal([409, 'INVALID_TRANSITION', 'paused']);
    await expectStatus(200, ada.control(mission.id, 'resume'));
    await killSwitch('on');
    const { status: off, body: refused } = await followUp();
    expect([off, refused.code, refused.reason]).to.deep.equal([409, 'INVALID_TRANSITION', 'switched_off']);
    await killSwitch('off');
    expect((await followUp()).status).to.equal(200);
  });

  it('is cancelled if the mission ends while it is queued', async () => {
    const mission = await api.mission();
    const gate = stopAtRecipient();
    const { body: mail } = await send(mission, 'ended@example.com');
    await gate.reached;
    await expectStatus(200, ada.control(mission.id, 'cancel'));
    gate.release();
    await waitUntil(async () => (await statusOf(mail)) === 'cancelled', { what: 'the mail, cancelled' });
    expect(copiesTo('ended@example.com')).to.equal(0);
    await cancelledInHistory(mission, 'ended@example.com');
  });

  for (const status of ['completed', 'failed'])
    it(`is cancelled if the mission has ${status} while it is queued, and the history says so`, async () => {
      const mission = await api.mission();
      const gate = stopAtRecipient();
      const { body: mail } = await send(mission, `${status}@example.com`);
      await gate.reached;
      await expectStatus(200, api.patch(`missions/${mission.id}`, { status, summary: 'over' }));
      gate.release();
      await cancelledInHistory(mission, `${status}@example.com`);
      expect([copiesTo(`${status}@example.com`), await statusOf(mail)]).to.deep.equal([0, 'cancelled']);
    });

  const ends: Record<string, (mission: { id: string }) => Promise<ApiResponse>> = {
    completed: ({ id }) => api.patch(`missions/${id}`, { status: 'completed', summary: 'over' }),
    cancelled: ({ id }) => ada.control(id, 'cancel'),
    failed: ({ id }) => api.patch(`missions/${id}`, { status: 'failed', summary: 'over' }),
  };
  it('is cancelled as soon as the mission ends, also if its next attempt is far away', async () => {
    mailServer.refuse = () => '451 4.7.1 greylisted, come again';
    for (const [how, end] of Object.entries(ends)) {
      const mission = await api.mission();
      const { body: mail } = await send(mission, `greylisted-${how}@example.com`);
      const postpone = `update email_bridge.message set next_attempt_at = now() + interval '1 hour'
        where id = $1 and status = 'queued' and attempts > 0 and locked_until is null returning 1`;
      await waitUntil(async () => (await environment.rows(postpone, [mail.id])).length === 1, { what: 'the deferral' });
      await expectStatus(200, end(mission));
      await waitUntil(async () => (await messageStatusOf(mail)) === 'dropped', { what: `the mail, ${how}` });
      await cancelledInHistory(mission, `greylisted-${how}@example.com`);
    }
  });

  it(`does not leave in any of ${RACES} races, if the pause is acknowledged just before DATA`, async () => {
    const missions = new Map<string, { id: string }>();
    mailServer.holdRecipient = async (address) => {
      const mission = missions.get(address);
      if (mission) await expectStatus(200, ada.control(mission.id, 'pause'));
    };
    const mails = await Promise.all(
      Array.from({ length: RACES }, async (_, index) => {
        const to = `race${index}@example.com`;
        const mission = await api.mission();
        missions.set(to, mission);
        return (await expectStatus(201, send(mission, to))).id as string;
      }),
    );
    await waitUntil(async () => (await withheldOf(mails)) === RACES, { withinMs, what: 'all messages to be withheld' });
    expect([...missions.keys()].filter((address) => copiesTo(address) > 0)).to.deep.equal([]);
  });
});
