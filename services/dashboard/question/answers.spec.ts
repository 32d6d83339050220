import { MissionsError } from '@missions/client/missions-error.ts';
import { expect } from 'chai';
import { type Answer, Answers, HOLD_MS, type Surroundings } from './answers.ts';
import type { Question } from './outcome.ts';

const APPROVE: Answer = { selected_option: 'yes' };

/** A browser whose time only goes on when the test says so, and a server that answers as the test says. */
class Surrounded implements Surroundings {
  online = true;
  answer: () => Promise<Question> = () => Promise.resolve({ status: 'responded' } as Question);
  readonly sent: { answer: Answer; idempotencyKey: string; isLeaving: boolean }[] = [];
  readonly #due = new Set<{ at: number; act: () => void }>();
  #now = 0;
  #keys = 0;

  isOnline = (): boolean => this.online;
  newKey = (): string => `key ${(this.#keys += 1)}`;
  send: Surroundings['send'] = (_id, answer, options) => {
    this.sent.push({ answer, ...options });
    return this.answer();
  };
  after: Surroundings['after'] = (ms, then) => {
    const due = { at: this.#now + ms, act: then };
    this.#due.add(due);
    return () => this.#due.delete(due);
  };

  async pass(ms: number): Promise<void> {
    this.#now += ms;
    for (const due of this.#due) {
      if (due.at > this.#now) continue;
      this.#due.delete(due);
      due.act();
    }
    await new Promise(setImmediate);
  }
}

const refusal =
  (code: string, status?: number): (() => Promise<never>) =>
  () =>
    Promise.reject(new MissionsError({ code, detail: `because of ${code}`, status, attempts: 1 }));

describe('an answer that was chosen', () => {
  let around: Surrounded;
  let answers: Answers;
  const stateOf = (id = 'q'): string | undefined => answers.all.value.get(id)?.state;
  const hold = (): void => answers.hold('q', APPROVE, 'Approve');

  beforeEach(() => {
    around = new Surrounded();
    answers = new Answers(around);
  });

  it('is sent once, when it can be taken back no longer', async () => {
    hold();
    await around.pass(HOLD_MS - 1);
    expect(around.sent).to.deep.equal([]);
    await around.pass(1);
    expect(around.sent).to.deep.equal([{ answer: APPROVE, idempotencyKey: 'key 1', isLeaving: false }]);
    expect(stateOf()).to.equal('sent');
    await around.pass(10 * HOLD_MS);
    expect(around.sent).to.have.length(1);
  });

  it('is not sent if it is taken back', async () => {
    hold();
    expect(answers.takeBack('q')).to.equal(true);
    await around.pass(HOLD_MS);
    expect(around.sent).to.deep.equal([]);
    expect(stateOf()).to.equal(undefined);
  });

  it('cannot be taken back, or chosen again, once it is under way', async () => {
    around.answer = () => new Promise(() => {});
    hold();
    await around.pass(HOLD_MS);
    expect(answers.takeBack('q')).to.equal(false);
    hold();
    await answers.send('q', { freeform_text: 'no' }, 'no');
    await around.pass(HOLD_MS);
    expect(around.sent).to.have.length(1);
  });

  it('is sent at once when the page is left, and not again after that', async () => {
    hold();
    answers.leave();
    await around.pass(HOLD_MS);
    expect(around.sent.map(({ isLeaving }) => isLeaving)).to.deep.equal([true]);
  });

  it('waits beside those of other questions', async () => {
    hold();
    answers.hold('other', { selected_option: 'no' }, 'Refuse');
    answers.takeBack('q');
    await around.pass(HOLD_MS);
    expect([stateOf(), stateOf('other')]).to.deep.equal([undefined, 'sent']);
  });

  it('is not sent by itself after the browser was offline', async () => {
    around.online = false;
    hold();
    expect(stateOf()).to.equal('failed');
    around.online = true;
    await around.pass(10 * HOLD_MS);
    expect(around.sent).to.deep.equal([]);
    await answers.sendAgain('q');
    expect(stateOf()).to.equal('sent');
  });

  it('counts once however often it is sent', async () => {
    around.answer = refusal('UNREACHABLE');
    hold();
    await around.pass(HOLD_MS);
    await answers.sendAgain('q');
    expect(stateOf()).to.equal('failed');
    expect(around.sent.map(({ idempotencyKey }) => idempotencyKey)).to.deep.equal(['key 1', 'key 1']);
  });

  it('is another one after it was taken back', async () => {
    around.answer = refusal('UNREACHABLE');
    hold();
    await around.pass(HOLD_MS);
    answers.takeBack('q');
    answers.hold('q', { selected_option: 'no' }, 'Refuse');
    await around.pass(HOLD_MS);
    expect(around.sent.map(({ idempotencyKey }) => idempotencyKey)).to.deep.equal(['key 1', 'key 2']);
  });

  for (const code of ['ALREADY_RESPONDED', 'REQUEST_EXPIRED', 'INPUT_REQUEST_NOT_FOUND'])
    it(`is kept to be read when it comes too late (${code})`, async () => {
      around.answer = refusal(code, 409);
      await answers.send('q', { freeform_text: 'a long letter' }, 'a long letter');
      expect(answers.all.value.get('q')).to.deep.equal({
        state: 'too late',
        answer: { freeform_text: 'a long letter' },
      });
    });

  it('is not sent when the question is decided meanwhile', async () => {
    hold();
    answers.comeTooLate('q');
    await around.pass(HOLD_MS);
    expect(around.sent).to.deep.equal([]);
    expect(stateOf()).to.equal('too late');
  });

  it('is said to take long after five seconds', async () => {
    around.answer = () => new Promise(() => {});
    hold();
    await around.pass(HOLD_MS);
    expect(answers.all.value.get('q')).to.include({ state: 'sending', isSlow: false });
    await around.pass(5_000);
    expect(answers.all.value.get('q')).to.include({ state: 'sending', isSlow: true });
  });
});
