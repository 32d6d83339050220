import type { Command } from '../command.ts';
import { runProgram } from '../program.ts';

interface Code {
  customer_id: string;
  user_id: string;
  code: string;
  /** For how long it is good. */
  minutes: number;
}

export const signIn: Command = {
  usage: ['sign-in --user <id> [--customer <id>]'],
  about: 'prints a link by which that user signs in, once; it is shown once. Without --customer: DEFAULT_CUSTOMER_ID',
  async run(args, context) {
    const publicUrl = context.addresses.publicUrl();
    const call = { service: 'gateway', program: 'sign-in', needs: { database: true }, args } as const;
    const { code, value, stderr } = await runProgram<Code>(call, context);
    const problems = stderr === '' ? [] : [stderr];
    if (value === undefined) return { code, problems };
    const link = `${publicUrl}/sign-in#${value.code}`;
    const { customer_id, user_id, minutes } = value;
    const text = `${link}\n\nFor ${user_id} of ${customer_id}: good once, for ${minutes} minutes.`;
    return { code, value: { customer_id, user_id, link, minutes }, text, problems };
  },
};
