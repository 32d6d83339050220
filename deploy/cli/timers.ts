import type { Command, Outcome } from './command.ts';
import { ask } from './program.ts';
import { section, since } from './table.ts';

export const timers: Command = {
  usage: ['timers [--due-before <time>] [--owner mission|approval|email|scheduler] [--mission <id>] [--limit <n>]'],
  about: 'pending timers, the next due first',
  async run(args, around): Promise<Outcome> {
    const { code, value, said } = await ask(
      { service: 'scheduler', program: 'timers', args, needs: { database: true } },
      around,
    );
    const text =
      value &&
      `${section(
        'Timers',
        ['due', 'owner', 'key', 'revision', 'mission'],
        value.timers.map((one: any) => [since(one.fire_at), one.owner, one.key, one.revision, one.mission_id]),
        'none',
      )}\n\n${value.pending} are pending, ${value.overdue} of them overdue.`;
    return { code, value, ...(text && { text }), problems: said ? [said] : [] };
  },
};
