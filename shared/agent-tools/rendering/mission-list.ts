import type { ResponseTo } from '@missions/client/client.ts';
import { inLine, lines } from './lines.ts';
import { progress } from './mission.ts';
import { taskSummary } from './tasks.ts';
import { waitSummary } from './waits.ts';

type Page = ResponseTo<'listMissions'>;
type Listed = Page['missions'][number];

/** Of the whole list, in characters: about 2,500 tokens of English. It is read in every conversation. */
const ROOM = 8_000;
/** However many there are, each says this much. */
const LEAST = 180;

/** Few words for each mission: what it is, how it stands, what it waits for, as many of its tasks as there is room for, and the id to go on with. */
export function missionList({ missions, next_cursor }: Page): string {
  const room = Math.max(LEAST, Math.floor(ROOM / Math.max(missions.length, 8)));
  return lines(
    `${missions.length} ${missions.length === 1 ? 'mission' : 'missions'}${next_cursor ? ' (there are more)' : ''}:`,
    ...missions.map((mission, index) => `${index + 1}. ${entry(mission, room)}`),
    missions.length > 0 &&
      'Next: mission_resume with the id goes on with one in this conversation; mission_get only looks.',
    next_cursor && `More: mission_list with cursor "${next_cursor}" and the same filters.`,
  );
}

function entry(mission: Listed, room: number): string {
  const waits = waitSummary(mission.blockers);
  const notes = [
    waits || mission.status,
    // What waits may be paused as well.
    waits !== '' && mission.status !== 'waiting' && mission.status,
    mission.priority !== 'normal' && mission.priority,
    mission.due_at && `due ${mission.due_at.slice(0, 10)}`,
    mission.needs_attention && 'needs attention',
  ].filter(Boolean);
  const head = `${mission.id} "${inLine(mission.title, 100)}" [${notes.join(', ')}]${progress(mission)}`;
  const tasks = taskSummary(mission.tasks ?? [], Math.max(40, room - head.length));
  return tasks ? `${head}\n   ${tasks}` : head;
}
