import type { InputRequestObservations } from './input-request-observations.ts';
import type { Round } from './input-request-rounds.ts';

/** One sentence for each input request, wait, timer or event that is lost, doubled, early or stuck. */
export function violations(observations: InputRequestObservations): string[] {
  const { rounds, timers, firings, unpublished } = observations;
  return [
    ...rounds.flatMap((round) =>
      round.requestId === null ? waited(round, observations) : asked(round, round.requestId, observations),
    ),
    ...doubled(firings.map(({ key, revision }) => `timer ${key} of revision ${revision} fired`)),
    ...[...firings, ...timers].flatMap(({ key, fire_at, fired_at }) =>
      fire_at && fired_at && fired_at < fire_at
        ? [`timer ${key} fired at ${fired_at}, early: it was due at ${fire_at}`]
        : [],
    ),
    ...timers.flatMap(({ key, state }) =>
      state === 'pending' && !key.startsWith('life:') ? [`timer ${key} is still pending`] : [],
    ),
    ...(unpublished > 0 ? [`${unpublished} events were never published`] : []),
  ];
}

const announced = {
  responded: 'approval.responded',
  expired: 'approval.expired',
  cancelled: 'approval.cancelled',
} as const;
/** The entry of the mission's history for each outcome. */
const entered = {
  responded: 'input_responded by answer',
  expired: 'input_expired by timeout',
  cancelled: 'unblocked by cancelled',
} as const;

function asked(
  round: Round,
  id: string,
  { requests, events, ends, blockers, missions, tasks, returns }: InputRequestObservations,
): string[] {
  const found: string[] = [];
  const say = (fault: string): void => void found.push(`request ${id} (${round.plan}): ${fault}`);
  const [request, ...more] = requests.filter((one) => one.id === id);
  if (!request) return [`request ${id} (${round.plan}) was acknowledged and is lost`];
  if (more.length > 0) say('is there twice');
  if (!(request.status in announced)) return [...found, `request ${id} (${round.plan}) is still ${request.status}`];
  const status = request.status as keyof typeof announced;

  const all = events.filter((one) => one.request_id === id).map((one) => one.type);
  // A cancellation may arrive before its input request if the process that handled the request was killed. Neither is
  // published then.
  const neverPublished = status === 'cancelled' && all.length === 0;
  if (!neverPublished && all.join() !== `approval.requested,${announced[status]}`)
    say(`is ${status} and was published as ${all.join(', ') || 'nothing'}`);
  const history = ends.filter((one) => one.key === `human_input:${id}`).map((one) => `${one.event_type} by ${one.by}`);
  if (history.join() !== entered[status])
    say(`is ${status} and the mission's history says ${history.join(', ') || 'nothing'}`);
  const waits = blockers.filter((one) => one.key === `human_input:${id}`);
  if (waits.length !== 1) say(`${waits.length} blockers`);
  if (waits.some((one) => one.open)) say(`is ${status} and its blocker is open`);

  if (round.accepted !== null && request.text !== round.accepted)
    say(`"${round.accepted}" was accepted and ${request.text === null ? 'nothing' : `"${request.text}"`} is stored`);
  if (status === 'responded' && round.accepted === null) say('no caller was told that a response was accepted');
  if (request.responded_at !== null && request.responded_at >= request.expires_at)
    say('was answered after its deadline');
  if ((round.plan === 'answer' || round.plan === 'pause') && status !== 'responded')
    say(`was answered in time and is ${status}`);
  if (round.plan === 'expire' && status !== 'expired') say(`was left alone and is ${status}`);
  if (round.plan === 'cancel' && status !== 'cancelled') say(`its mission has ended and it is ${status}`);
  for (const code of round.refused)
    if (!['ALREADY_RESPONDED', 'REQUEST_EXPIRED'].includes(code)) say(`refused an answer with ${code}`);

  const mission = missions.find((one) => one.id === round.missionId);
  const task = tasks.find((one) => one.id === round.taskId);
  const returned = returns.find((one) => one.task_id === round.taskId)?.times ?? 0;
  if (!mission || !task) return [...found, `request ${id} (${round.plan}): its mission is lost`];
  if (mission.phase === 'waiting' && mission.status !== 'cancelled') say('its mission waits forever');
  if (mission.status === 'paused') say('its mission is still paused');
  const wanted = { responded: 'in_progress', expired: 'failed', cancelled: 'skipped' }[status];
  if (task.status !== wanted) say(`is ${status} and its task ${task.status}`);
  if (returned !== (status === 'responded' ? 1 : 0))
    say(`is ${status} and its task came back to work ${returned} times`);
  if (status === 'responded' && task.response !== request.text)
    say(
      `"${request.text}" was the answer and the task has ${task.response === null ? 'nothing' : `"${task.response}"`}`,
    );
  return found;
}

function waited(round: Round, { ends, blockers, tasks, missions }: InputRequestObservations): string[] {
  const found: string[] = [];
  const say = (fault: string): void => void found.push(`the wait of task ${round.taskId}: ${fault}`);
  const [end, ...more] = ends.filter((one) => one.mission_id === round.missionId);
  const by = round.plan === 'signal' ? 'signal' : 'timeout';
  if (end?.by !== by) say(end ? `ended by ${end.by}` : 'did not end');
  if (more.length > 0) say(`ended ${more.length + 1} times`);
  if (blockers.some((one) => one.mission_id === round.missionId && one.open)) say('is open');
  const task = tasks.find((one) => one.id === round.taskId);
  const left = by === 'signal' ? 'completed' : 'failed: timeout';
  const is = task && [task.status, task.error].filter(Boolean).join(': ');
  if (is !== left) say(`its task is ${is ?? 'lost'}`);
  if (missions.find((one) => one.id === round.missionId)?.phase === 'waiting') say('its mission waits forever');
  return found;
}

function doubled(things: readonly string[]): string[] {
  const times = new Map<string, number>();
  for (const thing of things) times.set(thing, (times.get(thing) ?? 0) + 1);
  return [...times].flatMap(([thing, count]) => (count > 1 ? [`${thing} ${count} times`] : []));
}
