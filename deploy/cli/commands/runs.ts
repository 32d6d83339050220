import type { Command, Outcome } from './command.ts';
import { ask } from './program.ts';
import { section, since } from './table.ts';

export const runs: Command = {
  usage: ['runs [--status <status>] [--mission <id>] [--limit <n>]'],
  about: 'runs of autonomous missions, newest first',
  async run(args, around): Promise<Outcome> {
    const { code, value, said } = await ask(
      { service: 'scheduler', program: 'runs', args, needs: { database: true } },
      around,
    );
    const text =
      value &&
      section(
        'Runs',
        ['requested', 'status', 'run', 'mission', 'agent', 'attempt', 'lease ends', 'error'],
        value.map((one: any) => [
          since(one.requested_at),
          one.status,
          one.id,
          one.mission_id,
          one.agent_id,
          one.attempt,
          since(one.lease_expires_at),
          one.error,
        ]),
        'none',
      );
    return { code, value, ...(text && { text }), problems: said ? [said] : [] };
  },
};
