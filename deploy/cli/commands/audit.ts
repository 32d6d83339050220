import { parseArgs } from 'node:util';
import { services } from '../../local/services.ts';
import type { Command, CommandResult } from '../command.ts';
import { type CliContext, runProgram } from '../program.ts';
import { section } from '../table.ts';

interface Entry {
  id: string;
  at: string;
  service: string;
  customer_id: string;
  actor: string;
  user_id: string | null;
  agent_id: string | null;
  key_id: string | null;
  operator: string | null;
  action: string;
  target_kind: string;
  target_id: string;
  address: string | null;
  channel: string;
  result: string;
  code: string | null;
}

const DEFAULT_LIMIT = 50;
const recording = services.filter(({ database }) => database).map(({ name }) => name);

const options = {
  customer: { type: 'string' },
  user: { type: 'string' },
  mission: { type: 'string' },
  action: { type: 'string' },
  since: { type: 'string' },
  until: { type: 'string' },
  before: { type: 'string' },
  limit: { type: 'string' },
} as const;

export const audit: Command = {
  usage: [
    'audit [--customer <id>] [--user <id>] [--mission <id>] [--action <name>] [--since <time>] [--until <time>] ' +
      '[--limit <n>] [--before <position>]',
    'audit purge',
  ],
  about:
    'who did what from where with which result, newest first, in all services; --before continues where a page ended; ' +
    'purge deletes what is older than AUDIT_RETENTION_DAYS (400), as the administrator of the database',
  run: async (args, context) => (args[0] === 'purge' ? await purge(args.slice(1), context) : await list(args, context)),
};

/** Each service has its newest entries listed, up to the limit; the page is the newest of them. */
async function list(args: readonly string[], context: CliContext): Promise<CommandResult> {
  const { values } = parseArgs({ args: [...args], options });
  const limit = Number(values.limit ?? DEFAULT_LIMIT);
  const passed = Object.entries(values).flatMap(([name, value]) => [`--${name}`, value]);
  const results = await Promise.all(
    recording.map((service) =>
      runProgram<Entry[]>({ service, program: 'audit', args: passed, needs: { database: true } }, context),
    ),
  );
  const failed = results.flatMap(({ code, stderr }, index) => (code === 0 ? [] : [{ code, stderr, index }]));
  // Half a record would read like a whole one.
  if (failed.length > 0)
    return {
      code: Math.max(...failed.map(({ code }) => code)),
      problems: [
        ...new Set(failed.map(({ code, stderr, index }) => (code === 2 ? stderr : `${recording[index]}: ${stderr}`))),
      ],
    };
  const all = results.flatMap(({ value }) => value ?? []).sort(newestFirst);
  const entries = all.slice(0, limit);
  const last = entries.at(-1);
  const isMore = all.length > limit || results.some(({ value = [] }) => value.length === limit);
  const next = last && isMore ? `${last.at}/${last.id}` : null;
  return { code: 0, value: { entries, next }, text: render(entries, next) };
}

const newestFirst = (one: Entry, other: Entry): number => (positionOf(one) < positionOf(other) ? 1 : -1);
const positionOf = ({ at, id }: Entry): string => `${at}/${id}`;

function render(entries: readonly Entry[], next: string | null): string {
  const rows = entries.map((entry) => [
    entry.at,
    entry.customer_id,
    whoOf(entry),
    entry.action,
    `${entry.target_kind} ${entry.target_id}`.trim(),
    entry.code ? `${entry.result} (${entry.code})` : entry.result,
    [entry.channel, entry.address].filter(Boolean).join(' '),
  ]);
  const table = section('Record', ['at', 'customer', 'who', 'what', 'to', 'result', 'from'], rows, 'no entry');
  return next === null ? table : `${table}\n\nOlder ones: --before ${next}`;
}

/** The credential, and the user that it was used for. */
function whoOf({ actor, user_id, agent_id, key_id, operator }: Entry): string {
  const credential = key_id === null ? (operator ?? agent_id) : `${agent_id} (key ${key_id})`;
  return [actor, credential, user_id ? `for ${user_id}` : ''].filter(Boolean).join(' ');
}

async function purge(args: readonly string[], context: CliContext): Promise<CommandResult> {
  parseArgs({ args: [...args], options: {} });
  const { code, value, stderr } = await runProgram<{ older_than_days: number; purged: Record<string, number> }>(
    { program: 'audit-purge', args: recording, needs: { database: 'administrator' } },
    context,
  );
  if (!value) return { code, problems: [stderr] };
  const rows = Object.entries(value.purged);
  return {
    code,
    value,
    text: section(`Deleted, older than ${value.older_than_days} days`, ['service', 'entries'], rows, 'none'),
  };
}
