import type { Command } from '../command.ts';
import { passProgramOn } from '../program.ts';
import { holders, ownerArgs, ownerOf } from './erase-owner.ts';

const USAGE = ['export --user <customer> <user>', 'export --customer <customer>'];

/**
 * Lines of JSON, one for each row that a service holds, and one more for each service that is complete. They are passed
 * on as they come: the memory does not grow with what is held.
 */
export const exportOwner: Command = {
  usage: USAGE,
  about:
    'prints everything that the services hold of a user or of a customer, a line of JSON for each row (NDJSON), and ' +
    'says what is left out and why; the last line says that it is complete',
  async run(args, context) {
    const isUser = args.includes('--user');
    const rest = args.filter((arg) => arg !== '--user' && arg !== '--customer');
    const owner = ownerOf(rest, isUser ? (USAGE[0] ?? '') : (USAGE[1] ?? ''), isUser);
    const { customer_id, user_id } = owner;
    console.log(JSON.stringify({ export: { format: 1, customer_id, user_id, at: new Date().toISOString() } }));
    const problems: string[] = [];
    for (const service of holders) {
      const call = {
        service,
        program: 'owner',
        args: ['export', ...ownerArgs(owner)],
        needs: { database: true },
      } as const;
      const { code, stderr } = await passProgramOn(call, context);
      if (code !== 0) problems.push(`Not exported: ${service}: ${stderr}`);
    }
    if (problems.length === 0) console.log(JSON.stringify({ complete: true }));
    return { code: problems.length > 0 ? 1 : 0, problems };
  },
};
