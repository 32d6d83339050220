import { expect } from 'chai';
import { Problem } from '../errors.ts';
import { isBlockerTimer, isLifeTimer, readTimerFired, timerKey } from './timer-payloads.ts';

const fired = (owner: string, payload: object) => ({
  customer_id: 'acme',
  user_id: 'ada',
  mission_id: 'm1',
  owner,
  key: 'any',
  revision: 1,
  fire_at: '2026-11-22T17:00:00.000Z',
  fired_at: '2026-11-22T17:00:00.010Z',
  payload,
});

describe('timer payloads', () => {
  it('are read by their owner', () => {
    const expire = { request_id: 'r1', kind: 'expire' };
    expect(readTimerFired.approval(fired('approval', expire)).payload).to.deep.equal(expire);
    expect(readTimerFired.email(fired('email', { tracking_id: 't1' })).payload).to.deep.equal({ tracking_id: 't1' });
  });

  it('are refused without the id that they are about', () => {
    expect(() => readTimerFired.approval(fired('approval', { kind: 'expire' }))).to.throw(Problem, 'request_id');
    expect(() => readTimerFired.email(fired('email', {}))).to.throw(Problem, 'tracking_id');
  });

  it('may hold a kind or members of a later version', () => {
    const later = { request_id: 'r1', kind: 'escalate', to: 'eve' };
    expect(readTimerFired.approval(fired('approval', later)).payload).to.deep.equal(later);
  });

  it("of a mission are told apart: a wait's deadline, the end of its life, or neither", () => {
    const kindOf = (payload: Record<string, unknown>): string => {
      const read = readTimerFired.mission(fired('mission', payload)).payload;
      return isLifeTimer(read) ? 'life' : isBlockerTimer(read) ? `blocker ${read.blocker_id}` : 'neither';
    };
    expect(kindOf({ blocker_id: 'b1' })).to.equal('blocker b1');
    expect(kindOf({ life: true, deadline: '2026-11-22T17:00:00.000Z' })).to.equal('life');
    expect(kindOf({ blocker_id: 7 })).to.equal('neither');
    expect(kindOf({ of: 'a story' })).to.equal('neither');
  });
});

describe('timer keys', () => {
  it('name what the timer is of and its id', () => {
    expect(timerKey.blocker('b1')).to.equal('blocker:b1');
    expect(timerKey.life('m1')).to.equal('life:m1');
    expect(timerKey.inputRequest('expire', 'r1')).to.equal('expire:r1');
    expect(timerKey.inputRequest('remind', 'r1')).to.equal('remind:r1');
    expect(timerKey.email('t1')).to.equal('email:t1');
  });
});
