import type { Answer } from '@missions/client/client.ts';
import { at, inLine, lines } from './lines.ts';
import { progress } from './mission.ts';
import { taskSummary } from './tasks.ts';
import { waitSummary } from './waits.ts';

type Page = Answer<'listMissions'>;

/** Few words for each mission, as this is read in every conversation: what it is, how it stands, what it waits for, and the id to go on with. */
export function missionList({ missions, next_cursor }: Page): string {
  return lines(
    `${missions.length} ${missions.length === 1 ? 'mission' : 'missions'}${next_cursor ? ' (there are more)' : ''}:`,
    ...missions.map((mission, index) => {
      const notes = [
        mission.status,
        mission.priority !== 'normal' && mission.priority,
        mission.due_at && `due ${at(mission.due_at)}`,
        mission.needs_attention && 'needs attention',
        waitSummary(mission.blockers),
      ].filter(Boolean);
      const tasks = taskSummary(mission.tasks ?? []);
      return `${index + 1}. ${mission.id} "${inLine(mission.title)}" [${notes.join(', ')}]${progress(mission)}${tasks ? `\n   ${tasks}` : ''}`;
    }),
    missions.length > 0 && 'Next: mission_resume with the id goes on with one in this conversation; mission_get only looks.',
    next_cursor && `More: mission_list with cursor "${next_cursor}" and the same filters.`,
  );
}
