import type { Answer } from '@missions/client/client.ts';
import { historyLines } from '../showing/history.ts';
import { lines } from '../showing/lines.ts';
import { missionHead } from '../showing/mission.ts';
import { nextSteps } from '../showing/next.ts';
import { questionsOf, questionText } from '../showing/questions.ts';
import { resultLines, taskLines } from '../showing/tasks.ts';
import { waitLines } from '../showing/waits.ts';

/** A mission with everything in it. */
export const missionDetail = (mission: Answer<'getMission'>): string =>
  lines(
    missionHead(mission),
    taskLines(mission.tasks),
    waitLines(mission.blockers),
    ...questionsOf(mission.input_requests).map(questionText),
    resultLines(mission.tasks),
    historyLines(mission.recent_events),
    nextSteps({ mission, tasks: mission.tasks, blockers: mission.blockers }),
  );

/** How a mission stands after a change of it: what the caller has just said needs no repeating. */
export const missionChanged = (did: string, mission: Answer<'getMission'>): string =>
  lines(`${did}. ${missionHead({ ...mission, description: '', summary: '', details: {} })}`, waitLines(mission.blockers), nextSteps({ mission, tasks: mission.tasks, blockers: mission.blockers }));
