import { setTimeout as pause } from 'node:timers/promises';
import type { AskedInputRequest, InputRequest } from '@missions/contracts/approval/input-request.ts';
import { expect } from 'chai';
import { Problem } from '@missions/contracts/errors.ts';
import { type ServiceUnderTest, startServiceUnderTest } from '@missions/service-kit/testing/service-under-test.ts';
import type { Context } from '../commands/execute-command.ts';
import { approval } from '../service.ts';
import { inputRequestedEvent, timerFiredEvent, askedRequest, unblockedEvent } from '../testing/fixtures.ts';
import { eventsAbout } from '../testing/fixtures.ts';

const ROUNDS = 200;

/** On the database's clock, with as many connections as there are racing commands. */
describe('commands that race for one input request', () => {
  let service: ServiceUnderTest<Context>;
  before(async () => {
    service = await startServiceUnderTest(approval);
    // Only these specs read the outbox back, a thousand times; without the index that is slow.
    await service.db.pool.query('create index on outbox (mission_id)');
  });
  after(() => service.stop());

  const put = async (over: Partial<AskedInputRequest> = {}): Promise<AskedInputRequest> => {
    const it = askedRequest(new Date(), over);
    await service.handle(inputRequestedEvent(it));
    return it;
  };
  const read = (it: { id: string }) => service.request<InputRequest>('get', { request_id: it.id });
  /** `ok`, or the code of the refusal. */
  const answer = async (it: { id: string }, text = 'yes'): Promise<string> => {
    try {
      await service.request('respond', { request_id: it.id, answer: { freeform_text: text } });
      return 'ok';
    } catch (error) {
      if (error instanceof Problem) return error.code;
      throw error;
    }
  };
  /** Retries a premature timer, as the consumer does. */
  const expire = async (it: AskedInputRequest): Promise<void> => {
    const event = timerFiredEvent(it, 'expire');
    for (;;) {
      try {
        return await service.handle(event);
      } catch (error) {
        if (!String(error).includes('came early')) throw error;
        await pause(1);
      }
    }
  };
  const outcomes = async (it: { id: string }) =>
    (await eventsAbout(service.db, it.id)).filter((event) => event.version > 1 && event.type.startsWith('approval.'));
  const at = (time: string, offset: number): Promise<void> =>
    pause(Math.max(0, Date.parse(time) + offset - Date.now()));

  it(`one of twenty responses wins, ${ROUNDS} times`, async () => {
    for (let round = 0; round < ROUNDS; round++) {
      const it = await put();
      const codes = await Promise.all(Array.from({ length: 20 }, (_, n) => answer(it, `answer ${n}`)));
      expect(codes.filter((code) => code === 'ok')).to.have.lengthOf(1);
      expect(codes.filter((code) => code === 'ALREADY_RESPONDED')).to.have.lengthOf(19);
      const [outcome, ...more] = await outcomes(it);
      expect(more).to.deep.equal([]);
      expect(outcome?.type).to.equal('approval.responded');
      expect((await read(it)).response)
        .to.deep.equal(outcome?.data['response'])
        .and.to.include({ freeform_text: `answer ${codes.indexOf('ok')}` });
    }
  });

  for (const default_option of [null, 'no']) {
    it(`a response or the expiry ${default_option ? 'with' : 'without'} a default wins when both come within 5 ms, ${ROUNDS} times`, async () => {
      const seen = { answer: 0, expiry: 0 };
      const round = async (n: number): Promise<void> => {
        const it = await put({ expires_at: new Date(Date.now() + 60 + (n % 7)).toISOString(), default_option });
        const offset = (n % 11) - 5;
        const [code] = await Promise.all([
          at(it.expires_at, offset).then(() => answer(it)),
          at(it.expires_at, ((n * 7) % 11) - 5).then(() => expire(it)),
        ]);
        const request = await read(it);
        const [outcome, ...more] = await outcomes(it);
        expect(more).to.deep.equal([]);
        if (code === 'ok') {
          seen.answer += 1;
          expect(request.response).to.include({ via: 'api', responded_by: 'ada' });
          expect(outcome)
            .to.deep.include({ type: 'approval.responded' })
            .and.to.have.nested.property('data.response.via', 'api');
          expect(Date.parse(request.responded_at ?? '')).to.be.below(Date.parse(it.expires_at));
        } else {
          seen.expiry += 1;
          expect(code).to.equal('REQUEST_EXPIRED');
          expect(request.status).to.equal(default_option ? 'responded' : 'expired');
          expect(outcome?.type).to.equal(default_option ? 'approval.responded' : 'approval.expired');
          if (default_option) expect(request.response).to.include({ via: 'timeout', responded_by: null });
          // The expiry is never early.
          expect(outcome?.time.getTime()).to.be.at.least(Date.parse(it.expires_at));
        }
      };
      for (let n = 0; n < ROUNDS; n += 4) await Promise.all([round(n), round(n + 1), round(n + 2), round(n + 3)]);
      expect(seen.answer + seen.expiry).to.equal(ROUNDS);
      // Both must have won at times, or there was no race.
      expect(seen.answer, JSON.stringify(seen)).to.be.above(0);
      expect(seen.expiry, JSON.stringify(seen)).to.be.above(0);
    });
  }

  it(`response, cancellation and reminder at once leave one final event, ${ROUNDS} times`, async () => {
    const seen = { answer: 0, cancellation: 0 };
    for (let round = 0; round < ROUNDS; round++) {
      const it = await put({ remind_at: new Date().toISOString() });
      const [code] = await Promise.all([
        pause(round % 3).then(() => answer(it)),
        pause((round * 5) % 4).then(() => service.handle(unblockedEvent(it))),
        service.handle(timerFiredEvent(it, 'remind')),
      ]);
      const { status } = await read(it);
      const events = await outcomes(it);
      expect(code === 'ok' ? 'responded' : 'cancelled').to.equal(status);
      expect(['ok', 'ALREADY_RESPONDED']).to.include(code);
      expect(events.filter(({ type }) => type !== 'approval.reminder_due').map(({ type }) => type)).to.deep.equal([
        `approval.${status}`,
      ]);
      // Each change has a version of its own.
      expect(new Set(events.map(({ version }) => version)).size).to.equal(events.length);
      seen[code === 'ok' ? 'answer' : 'cancellation'] += 1;
    }
    expect(seen.answer, JSON.stringify(seen)).to.be.above(0);
    expect(seen.cancellation, JSON.stringify(seen)).to.be.above(0);
  });

  it(`a request and its cancellation leave it cancelled in either order, with consistent events, ${ROUNDS} times`, async () => {
    for (let round = 0; round < ROUNDS; round++) {
      const it = askedRequest(new Date());
      await Promise.all([
        service.request('ensure', it),
        service.handle(inputRequestedEvent(it)),
        pause(round % 3).then(() => service.handle(unblockedEvent(it))),
      ]);
      expect((await read(it)).status).to.equal('cancelled');
      const types = (await eventsAbout(service.db, it.id)).map(({ type }) => type);
      const whole = ['approval.requested', 'approval.cancelled'];
      expect(types).to.deep.equal(types.length === 0 ? [] : whole);
    }
  });

  it('a response that a lock delays past the deadline is refused as expired', async () => {
    const it = await put({ expires_at: new Date(Date.now() + 300).toISOString() });
    const other = await service.db.pool.connect();
    await other.query('begin');
    await other.query('update input_request set version = version where id = $1', [it.id]);
    const answered = answer(it);
    await at(it.expires_at, 20);
    await other.query('commit');
    other.release();
    expect(await answered).to.equal('REQUEST_EXPIRED');
    expect((await read(it)).status).to.equal('pending');
  });
});
