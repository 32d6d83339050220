import type { RunObservations } from './run-observations.ts';
import type { RunMission } from './run-rounds.ts';

/** Failed runs back off, first for so long. */
const BACK_OFF_MS = 5 * 60_000;

/** One sentence for each autonomous mission, run or write that is lost, doubled, early, stuck or out of order. */
export function violations(observations: RunObservations): string[] {
  return [
    ...observations.planned.flatMap((one) => [
      ...ended(one, observations),
      ...fenced(one, observations),
      ...early(one, observations),
    ]),
    ...written(observations),
    ...finished(observations),
    ...shared(observations),
    ...switchedOff(observations),
  ];
}

function ended({ plan, missionId, taskId }: RunMission, { missions, tasks, runs }: RunObservations): string[] {
  const found: string[] = [];
  const say = (fault: string): void => void found.push(`mission ${missionId} (${plan}): ${fault}`);
  const status = missions.find((one) => one.id === missionId)?.status;
  if (status === undefined) return [`mission ${missionId} (${plan}) was acknowledged and is lost`];
  const [wanted, task] = plan === 'fail' ? ['cancelled', 'skipped'] : ['completed', 'completed'];
  if (status !== wanted) say(`is ${status}`);
  const taskStatus = tasks.find((one) => one.id === taskId)?.status;
  if (taskStatus !== task) say(`its task is ${taskStatus ?? 'lost'}`);
  const own = runs.filter((one) => one.mission_id === missionId);
  const good = own.filter((one) => one.status === (plan === 'fail' ? 'failed' : 'succeeded')).length;
  if (good !== 1) say(`${good} of its runs ${plan === 'fail' ? 'failed' : 'succeeded'}`);
  for (const run of own) if (run.finished_at === null) say(`is over, and its run ${run.id} is ${run.status}`);
  return found;
}

/** Fences grow, and a note stands between the grant of its run and the end of that run. */
function fenced({ missionId, plan }: RunMission, { entries, writes }: RunObservations): string[] {
  const found: string[] = [];
  const say = (fault: string): void => void found.push(`mission ${missionId} (${plan}): ${fault}`);
  const notes = new Map(writes.filter(({ kind }) => kind === 'note').map((one) => [one.text, one]));
  let highest = 0;
  let holder: string | undefined;
  for (const entry of entries.filter((one) => one.mission_id === missionId)) {
    if (entry.event_type === 'run_started') {
      const fence = entry.fence ?? 0;
      if (fence <= highest) say(`fence ${fence} was granted after ${highest}`);
      highest = fence;
      holder = `${entry.run_id}:${fence}`;
    } else if (entry.event_type === 'run_finished') holder = undefined;
    const note = notes.get(entry.content);
    if (note && holder !== `${note.runId}:${note.fence}`)
      say(`"${note.text}" was written while ${holder ?? 'nobody'} held the mission`);
  }
  return found;
}

function early({ missionId, plan }: RunMission, { runs }: RunObservations): string[] {
  const own = runs.filter((one) => one.mission_id === missionId);
  return own.flatMap((run, at) => {
    const next = own[at + 1];
    if (run.status !== 'failed' || run.finished_at === null || !next) return [];
    const waited = Date.parse(next.requested_at) - Date.parse(run.finished_at);
    return waited < BACK_OFF_MS
      ? [`mission ${missionId} (${plan}): run ${next.id} was requested ${waited} ms after a failed one`]
      : [];
  });
}

/** An accepted note is there once, a refused one is not there. */
function written({ writes, entries }: RunObservations): string[] {
  return writes.flatMap(({ kind, text, outcome, missionId }) => {
    if (kind !== 'note') return [];
    const times = entries.filter((one) => one.mission_id === missionId && one.content === text).length;
    return times === (outcome === 'accepted' ? 1 : 0)
      ? []
      : [`mission ${missionId}: "${text}" was ${outcome} and is there ${times} times`];
  });
}

/** The end that was accepted is the run's status and stands in the history once. */
function finished({ writes, runs, entries }: RunObservations): string[] {
  return [...new Set(runs.map(({ id }) => id))].flatMap((id) => {
    const found: string[] = [];
    const ends = entries.filter((one) => one.event_type === 'run_finished' && one.run_id === id);
    if (ends.length > 1) found.push(`run ${id} finished ${ends.length} times`);
    const status = runs.find((one) => one.id === id)?.status;
    for (const { kind, text, outcome, attempts } of writes.filter((one) => one.runId === id && one.kind === 'finish')) {
      if (outcome === 'refused' && attempts === 1 && status === text)
        found.push(`the ${kind} of run ${id} was refused and it ${text}`);
      if (outcome === 'refused') continue;
      if (status !== text) found.push(`run ${id} was told that it ${text} and is ${status}`);
      if (ends[0]?.run_status !== text)
        found.push(`run ${id} ${text} and the history says ${ends[0]?.run_status ?? 'nothing'}`);
    }
    return found;
  });
}

/** No two agents were given one mission under one fence. */
function shared({ grants }: RunObservations): string[] {
  const times = Map.groupBy(grants, ({ missionId, fence }) => `mission ${missionId} was given under fence ${fence}`);
  return [...times].flatMap(([what, all]) => (all.length > 1 ? [`${what} ${all.length} times`] : []));
}

/**
 * While its mission is switched off, nobody is given a run of it, its run gets no heartbeat, and no mail of it is taken.
 * A run that a switch took has another one after it: `ended` finds it missing.
 */
function switchedOff({ grants, writes }: RunObservations): string[] {
  return [
    ...grants.flatMap(({ missionId, runId, whileOff }) =>
      whileOff ? [`mission ${missionId}: run ${runId} was given while it was switched off`] : [],
    ),
    ...writes.flatMap(({ kind, outcome, missionId, runId, text }) => {
      if (kind !== 'heartbeat' && kind !== 'mail') return [];
      if (outcome === 'accepted')
        return [`mission ${missionId}: the ${kind} of run ${runId} passed while switched off`];
      const reasons = kind === 'mail' ? ['switched_off'] : ['switched_off', 'expired', 'taken_over'];
      return reasons.includes(text) ? [] : [`mission ${missionId}: a ${kind} was refused by a switch with ${text}`];
    }),
  ];
}
