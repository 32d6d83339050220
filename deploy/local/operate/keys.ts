import type { Command, Outcome } from './command.ts';
import { handOver } from './program.ts';

/** Shows its answers itself: a key is seen by nobody on the way to the terminal. */
export const keys: Command = {
  usage: ['keys create --customer <id> --agent <id> [--user <id> …] [--label <text>]', 'keys list [--customer <id>]', 'keys revoke <key id>'],
  about: "agents' keys",
  async run(args, around, json): Promise<Outcome> {
    return { code: await handOver({ service: 'gateway', program: 'keys', args: json ? [...args, '--json'] : args, needs: { database: true } }, around) };
  },
};
