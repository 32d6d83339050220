import { programCommand } from '../command.ts';
import { section } from '../table.ts';

interface UsageOfUser {
  customer_id: string;
  user_id: string;
  runs: number;
  input_tokens: number;
  output_tokens: number;
  costs: { amount: string; currency: string }[];
}

export const usage = programCommand<UsageOfUser[]>(
  {
    usage: ['usage [--customer <id>] [--user <id>] [--days <n>] [--limit <n>]'],
    about: 'what agents have used for each user in the latest 30 days, the most first',
  },
  { service: 'scheduler', program: 'usage', needs: { database: true } },
  (list) =>
    section(
      'Usage',
      ['customer', 'user', 'runs', 'input tokens', 'output tokens', 'costs'],
      list.map(({ customer_id, user_id, runs, input_tokens, output_tokens, costs }) => [
        customer_id,
        user_id,
        runs,
        input_tokens,
        output_tokens,
        costs.map(({ amount, currency }) => `${amount} ${currency}`).join(', ') || '-',
      ]),
      'none',
    ),
);
