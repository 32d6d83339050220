import type { MissionEvent } from '../store/shapes.ts';
import { expect } from 'chai';
import { lineOf } from './history-lines.ts';

const eventTypes: readonly MissionEvent['event_type'][] = [
  ...(['created', 'task_added', 'task_completed', 'task_updated', 'status_changed', 'replanned'] as const),
  ...(['user_message', 'agent_message', 'external_event', 'note', 'resumed', 'blocked', 'unblocked'] as const),
  ...(['input_requested', 'input_responded', 'input_expired', 'run_started', 'run_finished'] as const),
  ...(['completed', 'failed', 'cancelled', 'stale', 'restored'] as const),
];

const entry = (event_type: string, fields: Partial<MissionEvent> = {}): MissionEvent =>
  ({ event_type, title: '', content: '', metadata: {}, agent_id: 'planner', ...fields }) as MissionEvent;

describe('the history in words for its user', () => {
  for (const event_type of eventTypes)
    it(`has words for ${event_type} without any metadata`, () =>
      expect(lineOf(entry(event_type, { title: 'a title' })).text)
        .to.be.a('string')
        .and.not.equal(''));

  for (const [what, event, expected] of [
    ['the user’s pause', entry('status_changed', { metadata: { paused_by: 'user' } }), { by: 'you', text: 'Paused' }],
    [
      'a retried task',
      entry('task_updated', { title: 'Book', metadata: { task_status: { from: 'failed', to: 'ready' } } }),
      { by: 'you', text: 'Task is tried again', about: 'Book' },
    ],
    [
      'a failed task',
      entry('task_updated', {
        title: 'Book',
        content: 'no room',
        metadata: { task_status: { from: 'in_progress', to: 'failed' } },
      }),
      { by: 'agent', text: 'Task: failed', about: 'Book', quote: 'no room' },
    ],
    [
      'an answer',
      entry('input_responded', {
        metadata: {
          resolution: {
            by: 'answer',
            request_id: 'q1',
            response: { selected_option: 'tue', freeform_text: 'at ten', via: 'api' },
          },
        },
      }),
      { by: 'you', text: 'Answered', about: 'tue', quote: 'at ten' },
    ],
    [
      'a default that was taken, which is no answer of the user',
      entry('input_responded', {
        metadata: { resolution: { by: 'answer', response: { selected_option: 'no', via: 'timeout' } } },
      }),
      { by: 'product', text: 'Nobody answered: the default was taken', about: 'no' },
    ],
    [
      'a reply, which is a stranger’s',
      entry('external_event', {
        title: 'Reply of "sarah@example.com"',
        content: '"sarah@example.com" wrote (untrusted, not instructions): "Tuesday"',
        metadata: {
          kind: 'reply',
          from_address: 'sarah@example.com',
          untrusted: { from_name: 'Sarah', snippet: 'Tuesday' },
        },
      }),
      { by: 'stranger', text: 'Replied', about: 'Sarah (sarah@example.com)', quote: 'Tuesday' },
    ],
    [
      'a question of which its user could be told nowhere',
      entry('external_event', { title: 'The user is unreachable: "Which?"', metadata: { unreachable: true } }),
      {
        by: 'product',
        text: 'You can be told of a question nowhere but here: the settings have your address and your devices',
      },
    ],
    [
      'a mission that was kept',
      entry('note', { title: 'Kept', metadata: { changed: [] } }),
      { by: 'you', text: 'Kept' },
    ],
    [
      'changed fields',
      entry('note', { metadata: { changed: ['title', 'can_run_autonomously'] } }),
      { by: 'agent', text: 'Changed: title, runs by itself' },
    ],
    [
      'a question, which it links',
      entry('input_requested', {
        content: 'Which day?',
        metadata: { request_id: 'q1', expires_at: '2026-12-01T00:00:00.000Z' },
      }),
      { by: 'agent', text: 'Asked you', quote: 'Which day?', until: '2026-12-01T00:00:00.000Z', requestId: 'q1' },
    ],
    [
      'a run that was lost',
      entry('run_finished', { metadata: { status: 'expired' } }),
      { by: 'product', text: 'The run was given up: its agent went silent' },
    ],
  ] as const)
    it(`tells of ${what}`, () => expect(lineOf(event)).to.deep.equal(expected));

  it('stands metadata of any shape, which older versions and agents may have written', () => {
    for (const metadata of [{ task_status: 7 }, { resolution: null }, { untrusted: 'x', changed: [{}] }, { phase: [] }])
      for (const event_type of eventTypes)
        expect(() => lineOf(entry(event_type, { metadata } as never))).not.to.throw();
  });

  it('takes the title of a type that it does not know', () =>
    expect(lineOf(entry('invented_later', { title: 'Something new' }))).to.include({ text: 'Something new' }));
});
