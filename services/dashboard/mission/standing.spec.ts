import type { Mission, OpenBlocker, Task } from '../store/shapes.ts';
import { expect } from 'chai';
import { endsAt, standingOf } from './standing.ts';

const mission = (fields: Partial<Mission> = {}): Mission =>
  ({
    status: 'active',
    phase: 'executing',
    deleted_at: null,
    paused_by: null,
    grace_period_ends_at: null,
    ...fields,
  }) as Mission;
const wait = (kind: OpenBlocker['kind'], since: string, until_at: string | null = null, reason = ''): OpenBlocker => ({
  key: `${kind}:x`,
  kind,
  reason,
  task_id: null,
  since,
  until_at,
});

describe('the sentence that says how a mission stands', () => {
  it('names every kind of wait once, the user’s own first, and the earliest of the times', () => {
    const blockers = [
      wait('email_reply', '2026-11-02T00:00:00.000Z', '2026-11-09T00:00:00.000Z'),
      wait('email_reply', '2026-11-01T00:00:00.000Z', '2026-11-08T00:00:00.000Z'),
      wait('human_input', '2026-11-03T00:00:00.000Z'),
    ];
    expect(standingOf({ mission: mission({ status: 'waiting' }), blockers })).to.deep.equal({
      tone: 'you',
      text: 'Waits for your answer and 2 replies by mail',
      since: '2026-11-01T00:00:00.000Z',
      until: '2026-11-08T00:00:00.000Z',
    });
  });

  it('quotes the question or the reason of a single wait', () => {
    const [since] = ['2026-11-01T00:00:00.000Z'];
    const waiting = mission({ status: 'waiting' });
    const questions = [{ request_id: 'q', prompt: 'Which day?' }];
    expect(standingOf({ mission: waiting, blockers: [wait('human_input', since)], questions })).to.include({
      text: 'Waits for your answer',
      about: 'Which day?',
    });
    const blockers = [wait('webhook', since, null, 'the payment')];
    expect(standingOf({ mission: waiting, blockers })).to.include({
      tone: 'waits',
      text: 'Waits for a message of another system',
      about: 'the payment',
    });
  });

  for (const [fields, tone, text] of [
    [{ status: 'paused', paused_by: 'user' }, 'paused', 'Paused by you'],
    [{ status: 'paused', paused_by: 'agent' }, 'paused', 'Paused by an agent'],
    [{ status: 'paused', paused_by: 'system' }, 'bad', 'Paused by the product, because too many runs failed in a row'],
    [{ status: 'completed', outcome: 'success' }, 'good', 'Done'],
    [{ status: 'completed', outcome: 'partial' }, 'over', 'Done in part'],
    [{ status: 'failed' }, 'bad', 'Failed. What failed can be tried again'],
    [{ status: 'cancelled' }, 'over', 'Cancelled'],
    [{ can_run_autonomously: true }, 'works', 'An agent goes on by itself'],
    [{ can_run_autonomously: true, phase: 'planning' }, 'works', 'An agent will plan it by itself'],
  ] as const)
    it(`says “${text}” of ${JSON.stringify(fields)}`, () =>
      expect(standingOf({ mission: mission(fields), blockers: [] })).to.include({ tone, text }));

  it('names the task that is worked on', () => {
    const tasks = [{ title: 'Book a room', status: 'in_progress', started_at: '2026-11-01T00:00:00.000Z' } as Task];
    expect(standingOf({ mission: mission(), blockers: [], tasks })).to.include({ about: 'Book a room' });
  });

  it('says until when a deleted mission may be restored, and when an untouched one ends', () => {
    const deleted = mission({ status: 'cancelled', deleted_at: '2026-11-01T00:00:00.000Z' });
    expect(standingOf({ mission: deleted, blockers: [] })).to.include({ until: '2026-12-01T00:00:00.000Z' });
    const stale = { grace_period_ends_at: '2026-11-05T00:00:00.000Z' };
    expect(endsAt(mission(stale))).to.equal(stale.grace_period_ends_at);
    expect(endsAt(mission({ ...stale, status: 'completed' }))).to.equal(null);
  });
});
