import { expect } from 'chai';
import { statusOf } from './state.ts';
import { nothing } from './testing/fixtures.ts';
import { agent, NOW, user } from './testing/sample.ts';

describe('creating a mission', () => {
  it('gives every field that was not sent its default', () => {
    const { next, changeKinds, changes } = nothing.whenCreating({ title: 'Meeting' }).thenMoved();
    expect(next).to.deep.include({
      customer_id: 'acme',
      user_id: 'ada',
      title: 'Meeting',
      description: '',
      phase: 'planning',
      return_phase: null,
      paused_by: null,
      cancelled: false,
      priority: 'normal',
      due_at: null,
      completed_at: null,
      outcome: null,
      summary: '',
      details: {},
      can_run_autonomously: false,
      max_lifetime_hours: 168,
      origin_conversation_id: '',
      metadata: {},
      fence: 0,
      tasks: [],
      blockers: [],
      created_at: NOW,
      updated_at: NOW,
    });
    expect(statusOf(next)).to.equal('active');
    expect(changeKinds).to.deep.equal(['created']);
    expect(changes[0]?.metadata).to.deep.equal({ status: 'active', phase: 'planning' });
  });

  it('stores the sent fields, with times in UTC', () => {
    const input = {
      title: 'Meeting',
      description: 'Q1',
      priority: 'urgent',
      due_at: '2026-04-01T10:00:00+02:00',
      can_run_autonomously: true,
      max_lifetime_hours: 5,
      conversation_id: 'a',
      metadata: { team: 'finance' },
    } as const;
    const { next } = nothing.whenCreating(input).thenMoved();
    expect(next).to.deep.include({
      description: 'Q1',
      priority: 'urgent',
      due_at: '2026-04-01T08:00:00.000Z',
      can_run_autonomously: true,
      max_lifetime_hours: 5,
      origin_conversation_id: 'a',
      metadata: { team: 'finance' },
    });
  });

  it('names the creating agent, and no agent for a user', () => {
    expect(nothing.whenCreating({ title: 'Meeting' }, agent).thenMoved().next.created_by_agent_id).to.equal(
      'assistant',
    );
    expect(nothing.whenCreating({ title: 'Meeting' }, user).thenMoved().next.created_by_agent_id).to.equal(null);
  });

  it('accepts a whole plan whose refs point forward', () => {
    const { next, task, changeKinds } = nothing
      .whenCreating({
        title: 'Meeting',
        tasks: [
          { title: 'book', depends_on: ['slot', 'approve'] },
          { title: 'approve', ref: 'approve', depends_on: ['slot'] },
          { title: 'slot', ref: 'slot', depends_on: ['check'] },
          { title: 'check', ref: 'check' },
        ],
      })
      .thenMoved();
    expect(next.tasks.map((one) => [one.title, one.order, one.status])).to.deep.equal([
      ['book', 1, 'pending'],
      ['approve', 2, 'pending'],
      ['slot', 3, 'pending'],
      ['check', 4, 'ready'],
    ]);
    expect(task('book').depends_on).to.deep.equal([task('slot').id, task('approve').id]);
    expect(changeKinds).to.deep.equal(['created', 'task_added', 'task_added', 'task_added', 'task_added']);
    expect(next.phase).to.equal('planning');
  });

  it('waits at once if the plan has a ready task that only waits', () => {
    const { next, changeKinds, path } = nothing
      .whenCreating({
        title: 'Meeting',
        tasks: [{ title: 'reply', wait_for: { kind: 'email_reply', reference: 'sarah' } }],
      })
      .thenMoved();
    expect(next).to.include({ phase: 'waiting', return_phase: 'executing' });
    expect(path('reply')).to.deep.equal(['ready', 'in_progress', 'waiting_external']);
    expect(changeKinds).to.deep.equal(['created', 'task_added', 'task_updated', 'task_updated', 'blocked']);
  });

  it('is refused as a whole if its plan is refused', () => {
    nothing
      .whenCreating({ title: 'Meeting', tasks: [{ title: 'a' }, { title: 'b', depends_on: ['nobody'] }] })
      .thenRefused('INVALID_DEPENDENCY');
  });
});
