import type { Command, Outcome } from './command.ts';
import { ask } from './program.ts';
import { section, since } from './table.ts';

export const killSwitch: Command = {
  usage: ['kill-switch on|off --all | --customer <id> [--user <id>] | --mission <id>', 'kill-switch list'],
  about: 'stops the runs of everybody, a customer, a user or a mission at once, until it is switched off',
  async run(args, around): Promise<Outcome> {
    const { code, value, said } = await ask(
      { service: 'scheduler', program: 'kill-switch', args, needs: { database: true } },
      around,
    );
    return { code, value, ...(value && { text: shown(value) }), problems: said ? [said] : [] };
  },
};

function shown(value: any): string {
  if (Array.isArray(value))
    return section(
      'Kill switches',
      ['scope', 'id', 'since'],
      value.map((one) => [one.scope, one.id, since(one.set_at)]),
      'all off',
    );
  return `The kill switch of ${[value.scope, value.id].filter(Boolean).join(' ')} ${value.changed ? 'is now' : 'was already'} ${value.on ? 'on' : 'off'}.`;
}
