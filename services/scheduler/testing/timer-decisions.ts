import type { TimerDecision, Timer } from '../timers/domain/timer.ts';

const [noon, one, two] = ['2026-06-01T12:00:00.000Z', '2026-06-01T13:00:00.000Z', '2026-06-01T14:00:00.000Z'];

/** A timer in each state, at revision 5 and due at noon; `unknown` is a timer of which nothing is stored. */
export const timers: Record<'unknown' | 'pending' | 'fired' | 'cancelled', Timer | null> = {
  unknown: null,
  pending: { status: 'pending', revision: 5, fire_at: noon },
  fired: { status: 'fired', revision: 5, fire_at: noon, fired_at: one },
  cancelled: { status: 'cancelled', revision: 5, cancelled_at: one },
};

type Result =
  Extract<TimerDecision, { kind: 'moved' }>['outcome'] | Extract<TimerDecision, { kind: 'ignored' }>['reason'];

/**
 * Every decision about a set or a cancel, by the state of the timer and the revision of the change. Tested against
 * `decide` and against the SQL statements, so that the two agree.
 */
export const decisions: readonly {
  from: keyof typeof timers;
  type: 'Set' | 'Cancel';
  revision: number;
  result: Result;
}[] = [
  { from: 'unknown', type: 'Set', revision: 1, result: 'set' },
  { from: 'unknown', type: 'Cancel', revision: 1, result: 'tombstone' },
  { from: 'pending', type: 'Set', revision: 4, result: 'older-revision' },
  { from: 'pending', type: 'Set', revision: 5, result: 'older-revision' },
  { from: 'pending', type: 'Set', revision: 6, result: 'moved' },
  { from: 'pending', type: 'Cancel', revision: 4, result: 'older-revision' },
  { from: 'pending', type: 'Cancel', revision: 5, result: 'older-revision' },
  { from: 'pending', type: 'Cancel', revision: 6, result: 'cancelled' },
  { from: 'fired', type: 'Set', revision: 4, result: 'older-revision' },
  { from: 'fired', type: 'Set', revision: 5, result: 'older-revision' },
  { from: 'fired', type: 'Set', revision: 6, result: 'rearmed' },
  { from: 'fired', type: 'Cancel', revision: 5, result: 'older-revision' },
  { from: 'fired', type: 'Cancel', revision: 6, result: 'too-late' },
  { from: 'cancelled', type: 'Set', revision: 4, result: 'older-revision' },
  { from: 'cancelled', type: 'Set', revision: 5, result: 'older-revision' },
  { from: 'cancelled', type: 'Set', revision: 6, result: 'rearmed' },
  { from: 'cancelled', type: 'Cancel', revision: 5, result: 'older-revision' },
  { from: 'cancelled', type: 'Cancel', revision: 6, result: 'tombstone' },
];

/** Every decision about firing, by the state of the timer and the time of the attempt. */
export const firings: readonly { from: keyof typeof timers; at: string; result: Result }[] = [
  { from: 'unknown', at: one, result: 'nothing-pending' },
  { from: 'pending', at: '2026-06-01T11:59:59.999Z', result: 'not-due' },
  { from: 'pending', at: noon, result: 'fired' },
  { from: 'pending', at: one, result: 'fired' },
  { from: 'fired', at: two, result: 'nothing-pending' },
  { from: 'cancelled', at: two, result: 'nothing-pending' },
];

export const times = { noon, one, two } as const;
