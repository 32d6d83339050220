import { renderLine } from '@missions/runtime/terminal-text.ts';
import { type Command, type CommandResult, programCommand } from '../command.ts';
import { type ProgramCall, type ProgramResult, runProgram } from '../program.ts';
import { emphasis, section, since } from '../table.ts';
import { type Email, type EmailsDocument, renderEmails, type Timer, type TimersDocument } from './lists.ts';

interface Mission {
  id: string;
  title: string;
  status: string;
  phase: string;
  version: number;
  fence: number;
  customer_id: string;
  user_id: string;
  created_at: string;
  deleted_at: string | null;
  /** What the mission waits for, in words; empty if it waits for nothing. */
  blocked_by: string;
  tasks: { id: string; order: number; status: string; title: string; error: string; blocked_by: string }[];
  blockers: { kind: string; key: string; since: string; until_at: string | null; reason: string }[];
  recent_events: { sequence: number; created_at: string; event_type: string; agent_id: string; title: string }[];
}

interface InputRequest {
  id: string;
  status: string;
  prompt: string;
  created_at: string;
  expires_at: string | null;
}

/** null: the service could not be asked. */
type MissionDocument = Mission & {
  input_requests: InputRequest[] | null;
  emails: Email[] | null;
  timers: Timer[] | null;
};

export const show: Command = {
  usage: ['show <mission id> [--events <n>]'],
  about:
    'a mission with its tasks, waits, questions, e-mails, timers and the end of its history, ' +
    'as the services keep it, also when it is deleted',
  async run(options, context): Promise<CommandResult> {
    const args = ['show', ...options];
    const run = <Document>(call: Omit<ProgramCall, 'needs'>): Promise<ProgramResult<Document>> =>
      runProgram<Document>({ ...call, needs: { database: true } }, context);
    const mission = await run<Mission>({ service: 'mission', program: 'missions', args });
    if (mission.code !== 0 || !mission.value) return { code: mission.code, problems: [mission.stderr] };
    const ofMission = ['--mission', args[1] ?? ''];
    const results = await Promise.all([
      run<InputRequest[]>({ service: 'approval', program: 'input-requests', args: ofMission }),
      run<EmailsDocument>({ service: 'email-bridge', program: 'emails', args: ofMission }),
      run<TimersDocument>({ service: 'scheduler', program: 'timers', args: ofMission }),
    ]);
    const [inputRequests, emails, timers] = results;
    const value: MissionDocument = {
      ...mission.value,
      input_requests: inputRequests.value ?? null,
      emails: emails.value?.emails ?? null,
      timers: timers.value?.timers ?? null,
    };
    const problems = results.flatMap(({ code, stderr }) => (code === 0 ? [] : [stderr]));
    return { code: problems.length > 0 ? 1 : 0, value, text: renderMission(value), problems };
  },
};

interface MissionsDocument {
  missions: Pick<
    Mission,
    'id' | 'status' | 'phase' | 'customer_id' | 'user_id' | 'title' | 'created_at' | 'blocked_by'
  >[];
}

const listed = programCommand<MissionsDocument>(
  {
    usage: ['list [--customer <id>] [--user <id>] [--status <status>,<status>] [--limit <n>]'],
    about: 'missions that are not deleted, the newest first (50 unless --limit says another number)',
  },
  { service: 'mission', program: 'missions', needs: { database: true } },
  (document) =>
    section(
      'Missions',
      ['status', 'id', 'created', 'user', 'customer', 'title', 'waits for'],
      document.missions.map((mission) => [
        mission.status,
        mission.id,
        since(mission.created_at),
        mission.user_id,
        mission.customer_id,
        mission.title,
        mission.blocked_by,
      ]),
      'none',
    ),
);

export const list: Command = { ...listed, run: (args, context) => listed.run(['list', ...args], context) };

/** The earlier names, `missions show` and `missions list`: after `npm run missions --` they say it twice. */
export const missions: Command = {
  usage: [],
  about: '',
  run: ([verb = '', ...args], context) =>
    verb === 'show' || verb === 'list'
      ? (verb === 'show' ? show : list).run(args, context)
      : Promise.resolve({ code: 2, problems: ['Say list, or show <mission id>.'] }),
};

function renderMission(mission: MissionDocument): string {
  const { tasks, blockers, recent_events, input_requests, emails, timers } = mission;
  return [
    renderHead(mission),
    section(
      'Tasks',
      ['order', 'status', 'id', 'title', 'waits for or failed by'],
      tasks.map((task) => [task.order, task.status, task.id, task.title, task.error || task.blocked_by]),
      'none',
    ),
    section(
      'Waits',
      ['kind', 'key', 'since', 'until', 'reason'],
      blockers.map((wait) => [wait.kind, wait.key, since(wait.since), since(wait.until_at), wait.reason]),
      'none',
    ),
    input_requests &&
      section(
        'Questions',
        ['status', 'id', 'asked', 'expires', 'question'],
        input_requests.map((request) => [
          request.status,
          request.id,
          since(request.created_at),
          since(request.expires_at),
          request.prompt,
        ]),
        'none',
      ),
    emails && renderEmails(emails),
    timers &&
      section(
        'Timers',
        ['owner', 'key', 'due', 'revision'],
        timers.map((timer) => [timer.owner, timer.key, since(timer.fire_at), timer.revision]),
        'none',
      ),
    section(
      'History, newest first',
      ['seq', 'when', 'event', 'by', 'title'],
      recent_events.map((event) => [
        event.sequence,
        since(event.created_at),
        event.event_type,
        event.agent_id,
        event.title,
      ]),
      'none',
    ),
  ]
    .filter(Boolean)
    .join('\n\n');
}

function renderHead(mission: Mission): string {
  const owner = `${renderLine(mission.user_id)} at ${renderLine(mission.customer_id)}`;
  const deleted = mission.deleted_at ? `, deleted ${since(mission.deleted_at)}` : '';
  return [
    emphasis(renderLine(mission.title)),
    mission.id,
    `${mission.status} (${mission.phase}), version ${mission.version}, fence ${mission.fence}; ` +
      `of ${owner}, created ${since(mission.created_at)}${deleted}`,
    ...(mission.blocked_by ? [renderLine(mission.blocked_by)] : []),
  ].join('\n');
}
