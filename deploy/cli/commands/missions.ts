import type { Command, Outcome } from './command.ts';
import { table as emailTable } from './emails.ts';
import { ask } from './program.ts';
import { emphasis, section, since } from './table.ts';

export const missions: Command = {
  usage: ['missions show <id> [--events <n>]'],
  about:
    'a mission with its tasks, waits, questions, e-mails, timers and the end of its history, as the services keep it, also when it is deleted',
  async run(args, around): Promise<Outcome> {
    const id = args[1] ?? '';
    const mission = await ask({ service: 'mission', program: 'missions', args, needs: { database: true } }, around);
    if (mission.code !== 0) return { code: mission.code, problems: [mission.said] };
    const [questions, emails, timers] = await Promise.all([
      ask(
        { service: 'approval', program: 'input-requests', args: ['--mission', id], needs: { database: true } },
        around,
      ),
      ask({ service: 'email-bridge', program: 'emails', args: ['--mission', id], needs: { database: true } }, around),
      ask({ service: 'scheduler', program: 'timers', args: ['--mission', id], needs: { database: true } }, around),
    ]);
    const value = {
      ...mission.value,
      input_requests: questions.value ?? null,
      emails: emails.value?.emails ?? null,
      timers: timers.value?.timers ?? null,
    };
    const problems = [questions, emails, timers].flatMap(({ code, said }) => (code === 0 ? [] : [said]));
    return { code: problems.length > 0 ? 1 : 0, value, text: shown(value), problems };
  },
};

function shown(value: any): string {
  const {
    title,
    id,
    status,
    phase,
    version,
    fence,
    customer_id,
    user_id,
    created_at,
    deleted_at,
    blocked_by,
    tasks,
    blockers,
    recent_events,
    input_requests,
    emails,
    timers,
  } = value;
  const line = (text: unknown): string => String(text).replaceAll(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]+/gu, ' ');
  return [
    `${emphasis(line(title))}\n${id}\n${status} (${phase}), version ${version}, fence ${fence}; of ${line(user_id)} at ${line(customer_id)}, created ${since(created_at)}${deleted_at ? `, deleted ${since(deleted_at)}` : ''}${blocked_by ? `\n${line(blocked_by)}` : ''}`,
    section(
      'Tasks',
      ['order', 'status', 'id', 'title', 'waits for or failed by'],
      tasks.map((one: any) => [one.order, one.status, one.id, one.title, one.error || one.blocked_by]),
      'none',
    ),
    section(
      'Waits',
      ['kind', 'key', 'since', 'until', 'reason'],
      blockers.map((one: any) => [one.kind, one.key, since(one.since), since(one.until_at), one.reason]),
      'none',
    ),
    input_requests &&
      section(
        'Questions',
        ['status', 'id', 'asked', 'expires', 'question'],
        input_requests.map((one: any) => [
          one.status,
          one.id,
          since(one.created_at),
          since(one.expires_at),
          one.prompt,
        ]),
        'none',
      ),
    emails && emailTable(emails),
    timers &&
      section(
        'Timers',
        ['owner', 'key', 'due', 'revision'],
        timers.map((one: any) => [one.owner, one.key, since(one.fire_at), one.revision]),
        'none',
      ),
    section(
      'History, newest first',
      ['seq', 'when', 'event', 'by', 'title'],
      recent_events.map((one: any) => [one.sequence, since(one.created_at), one.event_type, one.agent_id, one.title]),
      'none',
    ),
  ]
    .filter(Boolean)
    .join('\n\n');
}
