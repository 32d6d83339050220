import type { MissionEvent } from '@missions/contracts/mission/representation.ts';
import { resumeMission } from '@missions/contracts/mission/requests.ts';
import { endpoint } from '@missions/messaging/endpoint.ts';
import { brief } from '../domain/brief.ts';
import { changesSince } from '../store/list-events.ts';
import { readBundleRows } from '../store/read-mission.ts';
import { change, type Context } from './change.ts';

const RECENT_EVENTS = 20;
const MAX_CHANGES = 200;

/** Everything another conversation needs, in one answer. Questions and mail join it with the services that own them. */
export const resumeMissionEndpoint = (context: Context) =>
  endpoint(resumeMission, (message) => {
    const { mission_id, conversation_id, since } = message.input;
    return change(context, message, { mission_id, conversation_id, command: { type: 'Resume' } }, async (tx, { mission }) => {
      const rows = await readBundleRows(tx, message.caller, mission_id, RECENT_EVENTS);
      const text = brief(mission, JSON.parse(rows.recent_events) as MissionEvent[]);
      const changes = since === undefined ? '' : `,"changes":${await changesSince(tx, message.caller.customer_id, mission_id, since, MAX_CHANGES)}`;
      return `{"mission":${rows.mission},"tasks":${rows.tasks},"recent_events":${rows.recent_events},"blockers":${rows.blockers},"input_requests":${rows.input_requests},"emails":[],"next_tasks":${rows.next_tasks},"brief":${JSON.stringify(text)}${changes}}`;
    });
  });
