import type { NoticeMail } from '@missions/contracts/email/notices.ts';
import { VirtualClock } from '@missions/runtime/clock.ts';
import { newId } from '@missions/runtime/id.ts';
import { waitUntil } from '@missions/test-support/wait-until.ts';
import { expect } from 'chai';
import { replyAddress } from '../domain/reply-address.ts';
import { startNoticeSending } from '../smtp/notice-queue.ts';
import type { NoticeTransport } from '../smtp/transport.ts';
import { type BridgeUnderTest, incomingMessage, startBridgeUnderTest } from '../testing/bridge-under-test.ts';

describe('mail of the product to its users', function () {
  this.timeout(60_000);
  const clock = new VirtualClock(new Date('2027-03-01T12:00:00Z'));
  let bridge: BridgeUnderTest;
  before(async () => {
    bridge = await startBridgeUnderTest(clock);
  });
  after(() => bridge.stop());
  beforeEach(() => bridge.db.pool.query('delete from notice'));

  const aNotice = (over: Partial<NoticeMail> = {}): NoticeMail => ({
    id: newId(),
    user_id: 'ada',
    mission_id: null,
    to: 'ada@example.com',
    subject: 'Mission: Trip',
    text: 'A question waits',
    html: '<p>A question waits</p>',
    headers: {},
    ...over,
  });
  const rows = async () => (await bridge.db.pool.query('select * from notice order by created_at, id')).rows;
  const addressOf = async (id: string): Promise<string> => {
    const found = (await rows()).find((row) => row.id === id);
    return replyAddress(bridge.context.mailAddress, found.token);
  };
  /** @param server what happens before the server takes the text; `outcome` while it does */
  async function sendAll(
    server: () => Promise<void> = () => Promise.resolve(),
    outcome: () => Promise<'accepted' | 'deferred'> = () => Promise.resolve('accepted'),
    logger = bridge.context.logger,
  ): Promise<string[]> {
    const left: string[] = [];
    const transport: NoticeTransport = {
      async deliverNotice({ id, to_address: address }, _own, _signal, mayLeave) {
        await server();
        await mayLeave();
        const became = await outcome();
        if (became === 'accepted') left.push(id);
        return { outcome: became, reason: '', code: null, address } as never;
      },
    };
    const sending = startNoticeSending({ ...bridge.context, logger }, transport, 20);
    try {
      const isOver = async () => (await rows()).every(({ status }) => status !== 'queued');
      await waitUntil(isOver, { withinMs: 30_000, what: 'the queue of notices to be empty' });
    } finally {
      await sending.stop();
    }
    return left;
  }

  it('is sent once, however often it is requested', async () => {
    const notice = aNotice();
    for (const _ of [1, 2]) expect(await bridge.request('send_notice', notice)).to.deep.equal({ status: 'queued' });
    expect(await sendAll()).to.deep.equal([notice.id]);
    expect(await bridge.request('send_notice', notice)).to.deep.equal({ status: 'sent' });
    expect(await sendAll()).to.deep.equal([]);
  });

  it('says in the log, with its Message-ID, that it leaves again where the server has it and it could not be booked', async () => {
    const [notice, other] = [aNotice(), aNotice()];
    for (const one of [notice, other]) await bridge.request('send_notice', one);
    await bridge.db.pool.query(`create function refuse() returns trigger language plpgsql
      as $$ begin if new.status = 'sent' and new.attempts = 1 and new.id = '${notice.id}' then raise 'no'; end if; return new; end $$`);
    await bridge.db.pool.query('create trigger refuse before update on notice for each row execute function refuse()');
    const said: object[] = [];
    const error = (fields: object, text: string) => said.push({ ...fields, err: undefined, text });
    const logger = Object.assign(Object.create(bridge.context.logger), { error });
    // Its lease ends, once the other one has left.
    const free = `update notice set locked_until = null where id = $1 and status = 'queued' and attempts = 1
      and exists (select from notice o where o.id = $2 and o.status = 'sent') returning 1`;
    const freed = waitUntil(
      async () => said.length > 0 && (await bridge.db.pool.query(free, [notice.id, other.id])).rows[0],
    );
    expect(await sendAll(undefined, undefined, logger)).to.have.members([notice.id, other.id, notice.id]);
    await freed;
    expect(said).to.deep.equal([
      {
        ...{ err: undefined, notice: notice.id, attempt: 1, message_id: `<notice.${notice.id}@hub.example>` },
        text: 'the mail server has taken a notice, which could not be booked: the same mail leaves again when its lease ends, with the same Message-ID',
      },
    ]);
    await bridge.db.pool.query('drop trigger refuse on notice; drop function refuse');
  });

  describe('that is withdrawn', () => {
    it('does not leave, and is no longer kept', async () => {
      const [gone, stays] = [aNotice(), aNotice()];
      for (const notice of [gone, stays]) await bridge.request('send_notice', notice);
      expect(await bridge.request('withdraw_notice', { id: gone.id })).to.deep.equal({ status: 'withdrawn' });
      expect(await sendAll()).to.deep.equal([stays.id]);
      const row = (await rows()).find(({ id }) => id === gone.id);
      expect(row).to.deep.include({ status: 'withdrawn', body_text: '', body_html: '' });
    });

    it('does not leave when the server is asked already', async () => {
      const notice = aNotice();
      await bridge.request('send_notice', notice);
      const left = await sendAll(async () => void (await bridge.request('withdraw_notice', { id: notice.id })));
      expect(left).to.deep.equal([]);
    });

    it('while the server takes it is not said to be withdrawn, but to have left', async () => {
      const notice = aNotice();
      await bridge.request('send_notice', notice);
      const withdraw = () => bridge.request('withdraw_notice', { id: notice.id });
      const answers: unknown[] = [];
      const left = await sendAll(undefined, async () => {
        answers.push(await withdraw());
        return 'accepted';
      });
      answers.push(await withdraw());
      expect(left).to.deep.equal([notice.id]);
      expect(answers).to.deep.equal([{ status: 'leaving' }, { status: 'sent' }]);
    });

    it('while the server refuses it for now does not leave later', async () => {
      const notice = aNotice();
      await bridge.request('send_notice', notice);
      const withdraw = () => bridge.request('withdraw_notice', { id: notice.id });
      const answers: unknown[] = [];
      const left = await sendAll(undefined, async () => {
        answers.push(await withdraw());
        void waitUntil(
          async () => {
            const answer = (await withdraw()) as { status: string };
            if (answer.status !== 'leaving') answers.push(answer);
            return answer.status !== 'leaving';
          },
          { withinMs: 30_000, what: 'the end of the attempt' },
        );
        return 'deferred';
      });
      expect(left).to.deep.equal([]);
      expect(answers).to.deep.equal([{ status: 'leaving' }, { status: 'withdrawn' }]);
    });

    it('after its sender has died while the server took it may have left, and says so', async () => {
      const notice = aNotice();
      await bridge.request('send_notice', notice);
      await bridge.db.pool.query(`update notice set leaving_until = $1`, [new Date(clock.now().getTime() - 1)]);
      const answer = await bridge.request('withdraw_notice', { id: notice.id });
      expect(answer).to.deep.equal({ status: 'withdrawn', may_have_left: true });
    });

    it('before it is requested is kept back when it comes', async () => {
      const notice = aNotice();
      await bridge.request('withdraw_notice', { id: notice.id });
      expect(await bridge.request('send_notice', notice)).to.deep.equal({ status: 'withdrawn' });
      expect(await sendAll()).to.deep.equal([]);
    });

    it('after it has left stays sent, and is another one for another customer', async () => {
      const notice = aNotice();
      await bridge.request('send_notice', notice);
      const stranger = { caller: { customer_id: 'globex' } };
      expect(await bridge.request('withdraw_notice', { id: notice.id }, stranger)).to.deep.equal({
        status: 'withdrawn',
      });
      expect(await sendAll()).to.deep.equal([notice.id]);
      expect(await bridge.request('withdraw_notice', { id: notice.id })).to.deep.equal({ status: 'sent' });
    });
  });

  describe('whose server is slow, in quiet hours of its reader that have begun meanwhile,', () => {
    const HALF = 30 * 60_000;
    const dueAt = async (): Promise<number> => new Date((await rows())[0].next_attempt_at).getTime();
    /** @returns after how many half hours it was tried, and left */
    async function triedAt(attempt: (isFirst: boolean) => 'accepted' | 'deferred', slow = () => {}): Promise<number[]> {
      const began = clock.now().getTime();
      const iso = (halves: number) => new Date(began + halves * HALF).toISOString();
      await bridge.request('send_notice', aNotice({ quiet: [{ from: iso(1), until: iso(3) }] }));
      const tried: number[] = [];
      const sending = sendAll(
        () => Promise.resolve(slow()),
        async () => {
          tried.push(Math.floor((clock.now().getTime() - began) / HALF));
          return attempt(tried.length === 1);
        },
      );
      const after = { withinMs: 30_000, what: 'the end of quiet hours to be waited for' };
      const isHeld = async () => (await dueAt()) === began + 3 * HALF;
      const isPutOff = async () => (await dueAt()) > clock.now().getTime() && !(await isHeld());
      await waitUntil(async () => {
        // Over the pause after a refusal.
        if (await isPutOff()) clock.set(new Date(await dueAt()));
        return (await isHeld()) || tried.length > 1 || (await rows())[0].status === 'sent';
      }, after);
      clock.set(new Date(began + 3 * HALF));
      expect(await sending).to.have.lengthOf(1);
      return tried;
    }

    it('leaves after them if it was refused before', async () => {
      const tried = await triedAt((isFirst) => {
        if (isFirst) clock.advance(HALF);
        return isFirst ? 'deferred' : 'accepted';
      });
      expect(tried).to.deep.equal([0, 3]);
    });

    it('leaves after them if its turn came in them', async () => {
      let asked = 0;
      const tried = await triedAt(
        () => 'accepted',
        () => {
          if (asked++ === 0) clock.advance(HALF);
        },
      );
      expect(tried).to.deep.equal([3]);
      const [row] = await rows();
      expect(row.attempts).to.equal(1);
    });
  });

  describe('that is replied to', () => {
    const told = async () => (await rows()).filter(({ subject }) => subject.startsWith('Your reply answers nothing'));

    it('tells its reader once that a reply answers nothing, and nobody else', async () => {
      const notice = aNotice();
      await bridge.request('send_notice', notice);
      const addressed_to = [await addressOf(notice.id)];
      for (const from of ['ada@example.com', 'mallory@example.net', 'ada@example.com'])
        expect(await bridge.receive(incomingMessage({ addressed_to, from }))).to.deep.equal([]);
      expect(await told()).to.have.lengthOf(1);
      expect((await told())[0]).to.deep.include({
        customer_id: 'acme',
        user_id: 'ada',
        to_address: 'ada@example.com',
        status: 'queued',
        headers: { 'Auto-Submitted': 'auto-replied' },
      });
    });

    it('tells a reader in their language', async () => {
      const notice = aNotice({ language: 'de-AT' });
      await bridge.request('send_notice', notice);
      await bridge.receive(incomingMessage({ addressed_to: [await addressOf(notice.id)], from: 'ada@example.com' }));
      const [letter] = (await rows()).filter(({ subject }) => subject.startsWith('Ihre Antwort beantwortet nichts'));
      expect(letter.body_text).to.contain('Niemand hat Ihre Antwort gelesen');
      expect(letter.body_html).to.contain('<html lang="de">');
    });

    it('by a machine tells nobody: two of them would write to each other for ever', async () => {
      const notice = aNotice();
      await bridge.request('send_notice', notice);
      const addressed_to = [await addressOf(notice.id)];
      for (const kind of ['auto_reply', 'bounce'] as const)
        await bridge.receive(incomingMessage({ addressed_to, kind }));
      await bridge.receive(incomingMessage({ addressed_to, null_reverse_path: true }));
      expect(await told()).to.have.lengthOf(0);
    });
  });
});
