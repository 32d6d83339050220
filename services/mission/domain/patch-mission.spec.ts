import { expect } from 'chai';
import type { MissionPatch } from '@missions/contracts/mission/bodies.ts';
import type { Command } from './decide.ts';
import { given } from './testing/fixtures.ts';
import { aMission, agent, hoursFromNow, NOW, user } from './testing/sample.ts';

const patch = (fields: MissionPatch): Command => ({ type: 'PatchMission', patch: fields });

describe('patching the fields of a mission', () => {
  it('sets the fields and names them in the event', () => {
    const fields = {
      title: 'Lunch',
      description: 'with John',
      priority: 'high',
      can_run_autonomously: true,
      max_lifetime_hours: 4,
      summary: 's',
      details: { a: 1 },
      metadata: { b: 2 },
    } as const;
    const { next, changes } = given(aMission()).when(patch(fields)).thenMoved();
    expect(next).to.deep.include(fields);
    expect(changes.map(({ kind, metadata }) => [kind, metadata['changed']])).to.deep.equal([
      [
        'updated',
        [
          'title',
          'description',
          'priority',
          'can_run_autonomously',
          'max_lifetime_hours',
          'summary',
          'details',
          'metadata',
        ],
      ],
    ]);
  });

  it('stores times in UTC and removes due_at on null', () => {
    const { next } = given(aMission())
      .when(patch({ due_at: '2026-04-01T10:00:00+02:00' }))
      .thenMoved();
    expect(next.due_at).to.equal('2026-04-01T08:00:00.000Z');
    given(next)
      .when(patch({ due_at: '2026-04-01T08:00:00Z' }))
      .thenIgnored();
    expect(
      given(next)
        .when(patch({ due_at: null }))
        .thenMoved().next.due_at,
    ).to.equal(null);
  });

  it('changes nothing if the fields already have the sent values', () => {
    given(aMission())
      .when(patch({ title: 'Meeting about the Q1 budget', priority: 'normal', details: {} }))
      .thenIgnored();
  });

  it('accepts fields and a step together', () => {
    const { changeKinds, next } = given(aMission())
      .when(patch({ summary: 'done', status: 'completed' }))
      .thenMoved();
    expect(changeKinds).to.deep.equal(['updated', 'status_changed', 'completed']);
    expect(next.summary).to.equal('done');
  });

  it('refuses two steps in one patch', () => {
    given(aMission())
      .when(patch({ status: 'paused', phase: 'executing' }))
      .thenRefused('VALIDATION_FAILED');
  });

  it('refuses another outcome with a step to failed or cancelled', () => {
    for (const status of ['failed', 'cancelled'] as const) {
      for (const outcome of ['success', 'partial', status === 'failed' ? 'cancelled' : 'failed'] as const) {
        const { members } = given(aMission()).when(patch({ status, outcome })).thenRefused('VALIDATION_FAILED');
        expect(members.errors?.map(({ path }) => path)).to.deep.equal(['/outcome']);
      }
      expect(
        given(aMission())
          .when(patch({ status, outcome: status }))
          .thenMoved().next.outcome,
      ).to.equal(status);
    }
  });

  it('of an ended mission accepts the report and refuses the plan', () => {
    for (const ended of [
      aMission({ phase: 'completed' }),
      aMission({ phase: 'failed' }),
      aMission({ cancelled: true }),
      aMission({ cancelled: true, phase: 'executing' }),
    ]) {
      given(ended)
        .when(patch({ summary: 'later', details: { x: 1 }, metadata: { y: 1 } }))
        .thenMoved();
      given(ended)
        .when(patch({ title: 'Lunch' }))
        .thenRefused('MISSION_CLOSED');
      for (const phase of ['planning', 'executing'] as const) {
        if (ended.phase === 'failed' && phase === 'planning') continue;
        given(ended)
          .when(patch({ title: 'Lunch', phase }))
          .thenRefused('MISSION_CLOSED');
      }
    }
  });

  it('accepts the plan together with the step that reopens the mission', () => {
    const { next } = given(aMission({ phase: 'failed' }))
      .when(patch({ title: 'Lunch', phase: 'planning' }))
      .thenMoved();
    expect(next).to.include({ title: 'Lunch', phase: 'planning' });
  });

  it('by its user counts as engagement and ends staleness', () => {
    const stale = aMission({ stale_notified_at: NOW, grace_period_ends_at: NOW });
    expect(
      given(stale)
        .when(patch({ title: 'Lunch' }), user)
        .thenMoved().next,
    ).to.include({ last_user_engagement_at: NOW, stale_notified_at: null, grace_period_ends_at: null });
    expect(
      given(stale)
        .when(patch({ title: 'Lunch' }), { ...agent, conversation_id: '' })
        .thenMoved().next,
    ).to.include({ last_user_engagement_at: null, stale_notified_at: NOW });
  });
});

describe('blocking the whole mission', () => {
  it('opens the blocker that blocked_by names, with or without the status', () => {
    for (const fields of [{ blocked_by: 'webhook:x' }, { status: 'waiting', blocked_by: 'webhook:x' }] as const) {
      const { next, changeKinds, changes } = given(aMission())
        .when(patch({ ...fields, blocked_reason: 'payment' }))
        .thenMoved();
      expect(next.blockers[0]).to.include({
        key: 'webhook:x',
        task_id: null,
        kind: 'webhook',
        reason: 'payment',
        opened_at: NOW,
        timeout_at: hoursFromNow(24),
        on_signal: 'resume',
      });
      expect(changeKinds).to.deep.equal(['blocked']);
      expect(changes[0]?.metadata).to.deep.include({
        key: 'webhook:x',
        until_at: hoursFromNow(24),
        status: { from: 'active', to: 'waiting' },
        phase: { from: 'planning', to: 'waiting' },
      });
    }
  });

  it('treats other text as a manual blocker', () => {
    expect(
      given(aMission())
        .when(patch({ status: 'waiting', blocked_by: 'the weather' }))
        .thenMoved().next.blockers[0],
    ).to.include({ key: 'manual:the weather', timeout_at: null });
  });

  it('requires blocked_by', () => {
    for (const fields of [{ status: 'waiting' }, { status: 'waiting', blocked_by: '' }] as const) {
      expect(given(aMission()).when(patch(fields)).thenRefused('VALIDATION_FAILED').members.errors?.[0]?.path).to.equal(
        '/blocked_by',
      );
    }
  });

  it('refuses human_input, which has its own call', () => {
    given(aMission())
      .when(patch({ status: 'waiting', blocked_by: 'human_input:q' }))
      .thenRefused('VALIDATION_FAILED');
  });

  it('is lifted by "", except input requests and blockers of tasks', () => {
    const mission = aMission({ tasks: { a: 'blocked' }, waits: ['manual:x', 'human_input:q', 'webhook:y'] });
    const { next } = given(mission)
      .when(patch({ blocked_by: '' }))
      .thenMoved();
    expect(next.blockers.filter((blocker) => blocker.resolved_at === null).map((blocker) => blocker.key)).to.deep.equal(
      ['manual:a', 'human_input:q'],
    );
    expect(next.phase).to.equal('waiting');
  });

  it('is lifted by "" together with status active', () => {
    const { next } = given(aMission({ tasks: { a: 'in_progress' }, waits: ['manual:x'] }))
      .when(patch({ status: 'active', blocked_by: '' }))
      .thenMoved();
    expect(next).to.include({ phase: 'executing', return_phase: null });
    given(aMission({ tasks: { a: 'blocked' }, waits: ['manual:x'] }))
      .when(patch({ status: 'active', blocked_by: '' }))
      .thenRefused('INVALID_TRANSITION');
  });

  it('continues only after the last blocker', () => {
    const mission = aMission({ tasks: { a: 'blocked' }, waits: ['manual:x'] });
    const first = given(mission)
      .when(patch({ blocked_by: '' }))
      .thenMoved();
    expect(first.next.phase).to.equal('waiting');
    const last = given(first.next)
      .when({ type: 'PatchTask', task_id: 'a', patch: { blocked_by: '' } })
      .thenMoved();
    expect(last.next).to.include({ phase: 'executing', return_phase: null });
    expect(last.changes[0]?.metadata).to.deep.include({
      status: { from: 'waiting', to: 'active' },
      phase: { from: 'waiting', to: 'executing' },
    });
  });

  it('is refused together with a step other than waiting', () => {
    for (const fields of [{ status: 'paused' }, { status: 'completed' }, { phase: 'executing' }] as const) {
      const { members } = given(aMission())
        .when(patch({ ...fields, blocked_by: 'webhook:x' }))
        .thenRefused('VALIDATION_FAILED');
      expect(members.errors?.[0]?.path).to.equal('/blocked_by');
    }
  });

  it('accepts a reason only together with its blocker', () => {
    for (const fields of [{}, { status: 'paused' }, { title: 'x' }, { blocked_by: '' }] as const) {
      const { members } = given(aMission())
        .when(patch({ ...fields, blocked_reason: 'payment' }))
        .thenRefused('VALIDATION_FAILED');
      expect(members.errors?.map(({ path }) => path)).to.deep.equal(['/blocked_reason']);
    }
    given(aMission())
      .when(patch({ blocked_by: '', blocked_reason: '' }))
      .thenIgnored();
  });
});
