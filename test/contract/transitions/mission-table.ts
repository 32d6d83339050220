/**
 * The table of specification section 4.1, copied out by hand from the text and from nothing else.
 *
 * Readings, where the text leaves a choice:
 * - "Any step on a closed mission" is MISSION_CLOSED, and `failed` is closed too, but for the three steps that the
 *   table lists from there (replan, retry, cancel). A cancelled mission takes none, whatever its phase.
 * - "Cancelled (phase stays what it was)" includes `waiting`, although its blockers are gone.
 * - To pause what that same party has paused, to unpause what runs, to execute what executes or to plan what is
 *   planned is no step: nothing changes. To unpause what waits and is not paused is refused: `active` is not where it
 *   would get.
 * - Whoever pauses last does not weaken a pause: a user's replaces an agent's or the system's; an agent's or the
 *   system's replaces none.
 * - A retry needs a task that failed; from `planning`, where tasks may stand that failed before a replan, it is not
 *   listed.
 */
export const phases = ['planning', 'executing', 'waiting', 'completed', 'failed'] as const;
export type Phase = (typeof phases)[number];
export type Step =
  'execute' | 'block' | 'unblock' | 'replan' | 'complete' | 'fail' | 'retry' | 'pause' | 'unpause' | 'cancel';

/** `same`: the phase stays. `remembered`: where the mission stood when it began to wait. */
export interface MissionRow {
  readonly step: Step;
  readonly from: readonly Phase[];
  readonly to: Phase | 'same' | 'remembered';
}

const anyOpenOne = ['planning', 'executing', 'waiting'] as const;

export const rows: readonly MissionRow[] = [
  { step: 'execute', from: ['planning'], to: 'executing' },
  { step: 'block', from: ['planning', 'executing'], to: 'waiting' },
  { step: 'block', from: ['waiting'], to: 'waiting' },
  { step: 'unblock', from: ['waiting'], to: 'remembered' },
  { step: 'replan', from: ['executing', 'waiting', 'failed'], to: 'planning' },
  { step: 'complete', from: ['planning', 'executing', 'waiting'], to: 'completed' },
  { step: 'fail', from: ['planning', 'executing', 'waiting'], to: 'failed' },
  { step: 'retry', from: ['executing', 'failed'], to: 'executing' },
  { step: 'retry', from: ['waiting'], to: 'waiting' },
  { step: 'pause', from: anyOpenOne, to: 'same' },
  { step: 'unpause', from: anyOpenOne, to: 'same' },
  { step: 'cancel', from: ['planning', 'executing', 'waiting', 'failed'], to: 'same' },
];

export const steps = [...new Set(rows.map((row) => row.step))];
export const rowOf = (step: Step, from: Phase): MissionRow | undefined =>
  rows.find((row) => row.step === step && row.from.includes(from));

export type Pauser = 'user' | 'agent' | 'system';
export interface Standing {
  readonly phase: Phase;
  readonly paused_by: Pauser | null;
  readonly cancelled: boolean;
}

/**
 * Every combination that can be stored: a mission that completed was open then, and one that is cancelled was not
 * completed.
 */
export const standings: readonly Standing[] = phases.flatMap((phase) =>
  ([null, 'user', 'agent', 'system'] as const).flatMap((paused_by) =>
    [false, true]
      .filter((cancelled) => !(cancelled && phase === 'completed'))
      .map((cancelled) => ({ phase, paused_by, cancelled })),
  ),
);

export const statusOf = ({ phase, paused_by, cancelled }: Standing): string => {
  if (cancelled) return 'cancelled';
  if (phase === 'completed' || phase === 'failed') return phase;
  if (paused_by !== null) return 'paused';
  return phase === 'waiting' ? 'waiting' : 'active';
};

export const nameOf = (standing: Standing): string =>
  `${standing.phase}${standing.paused_by ? `, paused by the ${standing.paused_by}` : ''}${standing.cancelled ? ', cancelled' : ''}`;

/** The target of each step, as the member `to` of a refusal names it. */
export const targets: Record<Step, string> = {
  execute: 'executing',
  block: 'waiting',
  unblock: 'executing',
  replan: 'planning',
  complete: 'completed',
  fail: 'failed',
  retry: 'executing',
  pause: 'paused',
  unpause: 'active',
  cancel: 'cancelled',
};

export type Expected = 'moved' | 'nothing' | 'INVALID_TRANSITION' | 'MISSION_CLOSED';

export function expected(step: Step, at: Standing, by: Pauser): Expected {
  if (at.cancelled || at.phase === 'completed') return 'MISSION_CLOSED';
  if (at.phase === 'failed' && !rowOf(step, at.phase)) return 'MISSION_CLOSED';
  if (step === 'pause')
    return at.paused_by === null || (by === 'user' && at.paused_by !== 'user') ? 'moved' : 'nothing';
  if (step === 'unpause') {
    if (at.paused_by !== null) return by === 'agent' && at.paused_by !== 'agent' ? 'INVALID_TRANSITION' : 'moved';
    return at.phase === 'waiting' ? 'INVALID_TRANSITION' : 'nothing';
  }
  if (rowOf(step, at.phase)) return 'moved';
  const isThere = targets[step] === at.phase && (step === 'execute' || step === 'replan');
  // Nothing is open, so nothing is resolved.
  return isThere || step === 'unblock' ? 'nothing' : 'INVALID_TRANSITION';
}

export function landing(step: Step, at: Standing, by: Pauser): Standing {
  const to = rowOf(step, at.phase)?.to;
  return {
    phase: to === 'same' || to === undefined ? at.phase : to === 'remembered' ? 'executing' : to,
    paused_by: step === 'pause' ? by : step === 'unpause' ? null : at.paused_by,
    cancelled: at.cancelled || step === 'cancel',
  };
}

/** The steps that a refusal lists as allowed. (`unblock` is not among them: it follows from the end of a wait.) */
export const allowed = (at: Standing): Step[] =>
  at.cancelled
    ? []
    : steps.filter(
        (step) =>
          rowOf(step, at.phase) &&
          step !== 'unblock' &&
          (step === 'pause' ? !at.paused_by : step !== 'unpause' || at.paused_by !== null),
      );
