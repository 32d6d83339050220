import type { MissionEvent } from '@missions/contracts/mission/representation.ts';
import type { Tx } from '@missions/persistence/transaction.ts';
import { summarize } from '../domain/summary.ts';
import type { Mission } from '../domain/state.ts';
import { changesSince } from '../store/list-events.ts';
import { readBundleRows } from '../store/read-mission.ts';

const RECENT_EVENTS = 20;
const MAX_CHANGES = 200;

/** Everything another conversation, or a run, needs to go on: JSON text of the resume bundle (specification section 5 `resume`). */
export async function resumeContext(tx: Tx, mission: Mission, since?: number): Promise<string> {
  const { id, customer_id } = mission;
  const rows = await readBundleRows(tx, { customer_id, user_id: null }, id, RECENT_EVENTS);
  const text = summarize(mission, JSON.parse(rows.recent_events) as MissionEvent[]);
  const changes =
    since === undefined ? '' : `,"changes":${await changesSince(tx, customer_id, id, since, MAX_CHANGES)}`;
  // The email-bridge keeps them: null says that there may be some, which the gateway asks it for.
  const emails = mission.mailed ? 'null' : '[]';
  return `{"mission":${rows.mission},"tasks":${rows.tasks},"recent_events":${rows.recent_events},"blockers":${rows.blockers},"input_requests":${rows.input_requests},"emails":${emails},"next_tasks":${rows.next_tasks},"brief":${JSON.stringify(text)}${changes}}`;
}
