import type { MissionEvent } from '@missions/contracts/mission/representation.ts';
import type { Tx } from '@missions/persistence/transaction.ts';
import { summarize } from '../domain/summary.ts';
import type { Mission } from '../domain/state.ts';
import { changesSince } from '../store/history.ts';
import { readBundleRows } from '../store/read-mission.ts';
import { requireMission } from './problems.ts';

const RECENT_EVENTS = 20;
const MAX_CHANGES = 200;

/**
 * Everything that another conversation, or a run, needs to go on: JSON text of the resume bundle (specification section
 * 5 `resume`). SQL builds the parts, and no service parses them on the way to the caller (decision 0002); only the
 * summary reads the events.
 * @param since adds the changes after this `sequence` of the history.
 */
export async function resumeContext(tx: Tx, mission: Mission, since?: number): Promise<string> {
  const { id, customer_id } = mission;
  const rows = requireMission(await readBundleRows(tx, { customer_id, user_id: null }, id, RECENT_EVENTS));
  const brief = summarize(mission, JSON.parse(rows.recent_events) as MissionEvent[]);
  const changes =
    since === undefined ? '' : `,"changes":${await changesSince(tx, customer_id, id, since, MAX_CHANGES)}`;
  // The email-bridge stores e-mails: null means that it may have some of this mission, and the gateway reads them
  // there.
  const emails = mission.mailed ? 'null' : '[]';
  return (
    `{"mission":${rows.mission},"tasks":${rows.tasks},"recent_events":${rows.recent_events}` +
    `,"blockers":${rows.blockers},"input_requests":${rows.input_requests},"emails":${emails}` +
    `,"next_tasks":${rows.next_tasks},"brief":${JSON.stringify(brief)}${changes}}`
  );
}
