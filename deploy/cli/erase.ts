import type { Command, Outcome } from './command.ts';
import { ask } from './program.ts';

export const erase: Command = {
  usage: ['erase <mission id> --yes'],
  about: 'takes a mission away for good, with everything that belongs to it, in every service; only its id stays',
  async run(args, around): Promise<Outcome> {
    const { code, value, said } = await ask(
      { service: 'mission', program: 'erase', args, needs: { database: true } },
      around,
    );
    return {
      code,
      value,
      ...(value && { text: `The mission ${value.erased} is erased; the other services hear of it in a moment.` }),
      problems: said ? [said] : [],
    };
  },
};
