import type { Command, Outcome } from './command.ts';
import { ask } from './program.ts';
import { section, since } from './table.ts';

export const keys: Command = {
  usage: [
    'keys create --customer <id> --agent <id> [--user <id> …] [--label <text>]',
    'keys list [--customer <id>]',
    'keys revoke <key id>',
  ],
  about:
    "agents' keys, each shown once, when it is made; an agent may have two live ones, so that one can replace the other without a pause. Without --user it may name every user of its customer",
  async run(args, around): Promise<Outcome> {
    const { code, value, said } = await ask(
      { service: 'gateway', program: 'keys', args, needs: { database: true } },
      around,
    );
    return { code, value, ...(value && { text: shown(value) }), problems: said ? [said] : [] };
  },
};

function shown(value: any): string {
  if (Array.isArray(value)) {
    return section(
      'Keys',
      ['made', 'id', 'customer', 'agent', 'users', 'label', 'last used', 'revoked'],
      value.map((one) => [
        since(one.created_at),
        one.id,
        one.customer_id,
        one.agent_id,
        one.users?.join(' ') ?? '(all)',
        one.label,
        since(one.last_used_at),
        since(one.revoked_at),
      ]),
      'none',
    );
  }
  if (value.key) return `${value.key}\n\nKey ${value.id}. Keep it now: it cannot be shown again.`;
  return value.revoked ? `Key ${value.id} is revoked.` : '';
}
