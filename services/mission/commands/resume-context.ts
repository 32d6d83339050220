import type { MissionEvent } from '@missions/contracts/mission/representation.ts';
import type { Tx } from '@missions/persistence/transaction.ts';
import { summarize } from '../domain/summary.ts';
import type { Mission } from '../domain/state.ts';
import { changesSince } from '../store/history.ts';
import { firstWithin, omittedMember } from '../store/omitted.ts';
import { readBundleRows } from '../store/read-mission.ts';
import { requireMission } from './problems.ts';

const RECENT_EVENTS = 20;
const MAX_CHANGES = 200;
/** Of JSON. A NATS message carries at most 8 MB, and the reply to a claim has more than the context. */
const MAX_BYTES = 7_500_000;

/**
 * Everything that another conversation, or a run, needs to go on: JSON text of the resume bundle (specification section
 * 5 `resume`). SQL builds the parts, and no service parses them on the way to the caller (decision 0002); only the
 * summary reads the events.
 * @param since adds the changes after this `sequence` of the history.
 */
export async function resumeContext(tx: Tx, mission: Mission, since?: number): Promise<string> {
  const { id, customer_id } = mission;
  const rows = requireMission(await readBundleRows(tx, { customer_id, user_id: null }, id, RECENT_EVENTS));
  const recent = JSON.parse(rows.recent_events) as MissionEvent[];
  const brief = summarize(mission, recent);
  const changes = since === undefined ? undefined : await changesSince(tx, customer_id, id, since, MAX_CHANGES);
  // The mission and its tasks are shown whole. Each further part takes its share of what is left, and leaves the rest.
  let left = MAX_BYTES - Buffer.byteLength(rows.mission + rows.tasks + rows.blockers + brief);
  const take = (json: string, share: number) => {
    const part = firstWithin(json, Math.floor(left / share));
    left -= Buffer.byteLength(part.json);
    return part;
  };
  const next = take(rows.next_tasks, changes ? 4 : 2);
  const events = take(rows.recent_events, changes ? 3 : 1);
  const changed = changes && take(changes.events, 2);
  const changedTasks = changes && take(changes.tasks, 1);
  const omitted = omittedMember({
    next_tasks: next.omitted,
    recent_events: Math.min(RECENT_EVENTS, mission.last_sequence) - recent.length + events.omitted,
    changed_tasks: changedTasks?.omitted ?? 0,
  });
  const shownChanges =
    changes && changed && changedTasks
      ? `,"changes":{"since":${since},"events":${changed.json},"tasks":${changedTasks.json},` +
        `"truncated":${changes.truncated || changed.omitted > 0}}`
      : '';
  // The email-bridge stores e-mails: null means that it may have some of this mission, and the gateway reads them
  // there.
  const emails = mission.mailed ? 'null' : '[]';
  return (
    `{"mission":${rows.mission},"tasks":${rows.tasks},"recent_events":${events.json}` +
    `,"blockers":${rows.blockers},"input_requests":${rows.input_requests},"emails":${emails}` +
    `,"next_tasks":${next.json},"brief":${JSON.stringify(brief)}${shownChanges}${omitted}}`
  );
}
