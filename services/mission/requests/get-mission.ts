import { getMission } from '@missions/contracts/mission/requests.ts';
import { endpoint } from '@missions/messaging/endpoint.ts';
import { autocommit } from '@missions/persistence/transaction.ts';
import { readMission } from '../store/read-mission.ts';
import type { Context } from '../commands/execute-command.ts';

export const RECENT_EVENTS = 5;

export const getMissionEndpoint = ({ db }: Context) =>
  endpoint(getMission, ({ caller, input }) =>
    readMission(autocommit(db), caller, input.mission_id, input.include_events ?? RECENT_EVENTS),
  );
