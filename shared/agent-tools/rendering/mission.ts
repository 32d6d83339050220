import type { ResponseTo } from '@missions/client/client.ts';
import type { Mission, MissionEvent, OpenBlocker, Task } from '@missions/contracts/mission/representation.ts';
import type { MissionStatus } from '@missions/contracts/mission/vocabulary.ts';
import { inputRequestsOf, inputRequestText } from './input-requests.ts';
import { at, lines } from './lines.ts';
import { quoted, untrusted } from './quoting.ts';
import { resultLines, taskLines, taskSummary } from './tasks.ts';

/** The mission without its tasks, in a few lines. */
export function missionHead(mission: Mission): string {
  const notes = [
    mission.status,
    mission.phase !== mission.status && `phase ${mission.phase}`,
    mission.priority !== 'normal' && `priority ${mission.priority}`,
    mission.due_at && `due ${at(mission.due_at)}`,
    mission.paused_by && `paused by ${mission.paused_by}`,
    mission.outcome && `outcome ${mission.outcome}`,
    mission.can_run_autonomously && 'autonomous',
    mission.needs_attention && 'needs attention',
  ].filter(Boolean);
  const details = JSON.stringify(mission.details);
  return lines(
    `Mission ${mission.id} ${quoted(mission.title, 200)} [${notes.join(', ')}]${progress(mission)}`,
    mission.description && `Description: ${quoted(mission.description, 1_500)}`,
    mission.grace_period_ends_at &&
      `Stale: its user has left it untouched. It is cancelled at ${at(mission.grace_period_ends_at)} ` +
        'unless they come back, or talk about it (mission_resume).',
    mission.summary && `Summary: ${quoted(mission.summary, 1_500)}`,
    details !== '{}' && `Details: ${quoted(details, 1_000)}`,
  );
}

export function progress({ task_counts }: Pick<Mission, 'task_counts'>): string {
  const counts = Object.entries(task_counts);
  const total = counts.reduce((sum, [, count]) => sum + count, 0);
  return total === 0 ? '' : ` ${task_counts['completed'] ?? 0}/${total} done`;
}

/** A mission with tasks, waits, input requests, results and history. */
export const missionDetail = (mission: ResponseTo<'getMission'>): string =>
  lines(
    missionHead(mission),
    taskLines(mission.tasks),
    waitLines(mission.blockers),
    ...inputRequestsOf(mission.input_requests).map(inputRequestText),
    resultLines(mission.tasks),
    historyLines(mission.recent_events),
    nextSteps({ mission, tasks: mission.tasks, blockers: mission.blockers }),
  );

/** A mission after a change, without the texts that the caller may just have sent. */
export const missionChanged = (change: string, mission: ResponseTo<'getMission'>): string =>
  lines(
    `${change}. ${missionHead({ ...mission, description: '', summary: '', details: {} })}`,
    waitLines(mission.blockers),
    nextSteps({ mission, tasks: mission.tasks, blockers: mission.blockers }),
  );

type Page = ResponseTo<'listMissions'>;
type Listed = Page['missions'][number];

/** Characters for the whole list: about 2,500 tokens of English. The list is read in every conversation. */
const ROOM = 8_000;
/** Characters that each mission gets at least. */
const MIN_ENTRY = 180;

/** A list of missions: id, title, state and wait of each, and as many of its tasks as there is room for. */
export function missionList({ missions, next_cursor }: Page): string {
  const room = Math.max(MIN_ENTRY, Math.floor(ROOM / Math.max(missions.length, 8)));
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
    // A mission with a wait may be paused as well, so that its status is shown beside the wait.
    waits !== '' && mission.status !== 'waiting' && mission.status,
    mission.priority !== 'normal' && mission.priority,
    mission.due_at && `due ${mission.due_at.slice(0, 10)}`,
    mission.needs_attention && 'needs attention',
    mission.grace_period_ends_at && `stale, ends ${day(mission.grace_period_ends_at)}`,
  ].filter(Boolean);
  const head = `${mission.id} ${quoted(mission.title, 100)} [${notes.join(', ')}]${progress(mission)}`;
  const tasks = taskSummary(mission.tasks ?? [], Math.max(40, room - head.length));
  return tasks ? `${head}\n   ${tasks}` : head;
}

/** A wait: its key and reason, since when and until when. */
export const waitLine = ({ key, reason, since, until_at }: OpenBlocker): string =>
  `${quoted(key, 150)}${reason ? ` (${quoted(reason, 100)})` : ''} since ${at(since)}${until_at ? ` until ${at(until_at)}` : ''}`;

export const waitLines = (blockers: readonly OpenBlocker[]): string =>
  blockers.length === 0 ? '' : `Waits for:\n${blockers.map((blocker) => `- ${waitLine(blocker)}`).join('\n')}`;

/** The waits of a mission in a list: kind and days of the oldest, without the key. */
export function waitSummary(blockers: readonly OpenBlocker[]): string {
  const [oldest] = blockers;
  if (!oldest) return '';
  const more = blockers.length > 1 ? ` +${blockers.length - 1}` : '';
  return `waiting for ${oldest.kind}${more} since ${day(oldest.since)}${oldest.until_at ? ` until ${day(oldest.until_at)}` : ''}`;
}

const day = (time: string): string => time.slice(0, 10);

const MAX_ENTRY_CHARS = 600;

/**
 * History entries, newest first, quoted as untrusted because people and agents wrote them. Repetitions in a row are
 * left out.
 */
export function historyLines(events: readonly MissionEvent[]): string {
  if (events.length === 0) return '';
  const entries = events.map((event) => ({
    time: at(event.created_at),
    what: `${event.event_type}: ${entryText(event)}`,
  }));
  const distinct = entries.filter(({ what }, index) => what !== entries[index - 1]?.what);
  return untrusted(
    'the newest history entries of the mission',
    distinct.map(({ time, what }) => `${time} ${what}`).join('\n'),
    6_000,
  );
}

function entryText({ title, content }: MissionEvent): string {
  const both = title === content || content === '' ? title : title === '' ? content : `${title} — ${content}`;
  return both.replaceAll(/\s+/g, ' ').slice(0, MAX_ENTRY_CHARS);
}

interface State {
  readonly mission: { readonly status: MissionStatus; readonly paused_by?: string | null };
  readonly tasks: readonly Pick<Task, 'id' | 'status'>[];
  readonly blockers: readonly OpenBlocker[];
}

/** The possible next steps, with the call for each. */
export function nextSteps({ mission, tasks, blockers }: State): string {
  const { status, paused_by } = mission;
  if (status === 'completed' || status === 'cancelled')
    return 'Next: nothing; the mission has ended. New work needs a new mission.';
  if (status === 'failed')
    return 'Next: mission_update_task status ready retries a failed task; mission_update phase planning plans anew.';
  if (status === 'paused')
    return paused_by === 'agent'
      ? 'Next: mission_resume lifts the pause.'
      : `Next: nothing; it was paused by the ${paused_by ?? 'user'}, and only the user lifts that.`;
  const ids = (wanted: readonly string[]): string =>
    tasks
      .filter((task) => wanted.includes(task.status))
      .slice(0, 3)
      .map((task) => task.id)
      .join(', ');
  const steps: string[] = [];
  const [working, ready, failed] = [ids(['in_progress']), ids(['ready']), ids(['failed'])];
  if (working) steps.push(`finish ${working} (mission_update_task status completed, with result)`);
  if (ready) steps.push(`start ${ready} (mission_update_task status in_progress, or completed when it is done)`);
  if (failed) steps.push(`${failed} failed: retry (status ready) or skip (status skipped)`);
  const asked = blockers.find((blocker) => blocker.kind === 'human_input');
  if (asked) steps.push('the user must answer (mission_ask_user with request_id reads the answer); nobody else can');
  else if (blockers.length > 0) steps.push('it waits by itself and goes on when that arrives');
  if (steps.length === 0)
    steps.push(
      tasks.length === 0
        ? 'plan it with mission_add_task, or end it with mission_complete'
        : 'every task is done: mission_complete with a summary, or mission_add_task',
    );
  return `Next: ${steps.join('; ')}.`;
}
