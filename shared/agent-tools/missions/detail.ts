import type { ResponseTo } from '@missions/client/client.ts';
import { historyLines } from '../rendering/history.ts';
import { lines } from '../rendering/lines.ts';
import { missionHead } from '../rendering/mission.ts';
import { nextSteps } from '../rendering/next.ts';
import { inputRequestLines, inputRequestText } from '../rendering/input-requests.ts';
import { resultLines, taskLines } from '../rendering/tasks.ts';
import { waitLines } from '../rendering/waits.ts';

/** A mission with everything in it. */
export const missionDetail = (mission: ResponseTo<'getMission'>): string =>
  lines(
    missionHead(mission),
    taskLines(mission.tasks),
    waitLines(mission.blockers),
    ...inputRequestLines(mission.input_requests).map(inputRequestText),
    resultLines(mission.tasks),
    historyLines(mission.recent_events),
    nextSteps({ mission, tasks: mission.tasks, blockers: mission.blockers }),
  );

/** How a mission stands after a change of it: what the caller has just said needs no repeating. */
export const missionChanged = (did: string, mission: ResponseTo<'getMission'>): string =>
  lines(
    `${did}. ${missionHead({ ...mission, description: '', summary: '', details: {} })}`,
    waitLines(mission.blockers),
    nextSteps({ mission, tasks: mission.tasks, blockers: mission.blockers }),
  );
