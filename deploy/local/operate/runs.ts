import type { Command, Outcome } from './command.ts';
import { ask } from './program.ts';
import { section, since } from './table.ts';

export const runs: Command = {
  usage: ['runs [--status <status>] [--mission <id>] [--limit <n>]'],
  about: 'runs of autonomous missions, newest first',
  async run(args, around): Promise<Outcome> {
    const { code, value, said } = await ask({ service: 'scheduler', program: 'runs', args, needs: { database: true } }, around);
    const text = value && section('Runs', ['requested', 'status', 'run', 'mission', 'agent', 'attempt', 'lease ends', 'error'],
      value.map((one: any) => [since(one.requested_at), one.status, one.id, one.mission_id, one.agent_id, one.attempt, since(one.lease_expires_at), one.error]), 'none');
    return { code, value, ...(text && { text }), problems: said ? [said] : [] };
  },
};

export const erase: Command = {
  usage: ['erase <mission id> --yes'],
  about: 'takes a mission away for good, with everything that belongs to it, in every service; only its id stays',
  async run(args, around): Promise<Outcome> {
    const { code, value, said } = await ask({ service: 'mission', program: 'erase', args, needs: { database: true } }, around);
    return { code, value, ...(value && { text: `The mission ${value.erased} is erased; the other services hear of it in a moment.` }), problems: said ? [said] : [] };
  },
};
