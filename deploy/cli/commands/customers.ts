import { renderLine } from '@missions/runtime/terminal-text.ts';
import { type Command, type CommandResult, programCommand } from '../command.ts';
import { runProgram } from '../program.ts';
import { bytes, emphasis, section, table } from '../table.ts';

interface CustomerUse {
  customer_id: string;
  missions: { open: number; kept: number };
  questions: number;
  mail: number;
  bytes: number;
  quotas: Record<'missions' | 'questions' | 'mail' | 'storage', number | null>;
}

/** What the runs of the day have used. */
interface RunsOfCustomer {
  customer_id: string;
  runs: number;
  input_tokens: number;
  output_tokens: number;
  costs: { amount: string; currency: string }[];
}

const beside = (used: number | string, quota: number | string | null): string =>
  quota === null ? String(used) : `${used} of ${quota}`;
const size = (count: number | null): string | null => (count === null ? null : bytes(count));

export const quotas = programCommand<CustomerUse & { changed: boolean }>(
  {
    usage: [
      'quotas <customer> [--missions <n>|none] [--questions <n>|none] [--mail <n>|none] [--storage <bytes>|none]',
    ],
    about:
      'what a customer may keep, ask, mail in a day and store, beside what is used; a number changes it, none removes it',
  },
  { service: 'mission', program: 'quotas', needs: { database: true } },
  (customer) =>
    [
      emphasis(renderLine(`Quotas of ${customer.customer_id}${customer.changed ? ', changed' : ''}`)),
      table(
        ['quota', 'limit', 'used'],
        [
          ['missions', customer.quotas.missions ?? 'none', `${customer.missions.kept} kept`],
          ['questions', customer.quotas.questions ?? 'none', `${customer.questions} waiting`],
          ['mail', customer.quotas.mail ?? 'none', `${customer.mail} recipients today`],
          ['storage', size(customer.quotas.storage) ?? 'none', bytes(customer.bytes)],
        ],
      ),
    ].join('\n'),
);

export const customers: Command = {
  usage: ['customers [--customer <id>] [--limit <n>] [--offset <n>]'],
  about:
    'what each customer uses, beside its quotas, and the runs of today; 50 unless --limit says so, the largest first',
  async run(args, context): Promise<CommandResult> {
    const database = { needs: { database: true } } as const;
    const call = { service: 'mission', program: 'customers', args, ...database };
    const { code, value: list, stderr } = await runProgram<CustomerUse[]>(call, context);
    if (code !== 0 || !list) return { code, problems: [stderr] };
    const named = ['--', ...list.map(({ customer_id }) => customer_id)];
    const today = await runProgram<RunsOfCustomer[]>(
      { service: 'scheduler', program: 'usage-of-customers', args: named, ...database },
      context,
    );
    const runs = new Map(today.value?.map(({ customer_id, ...one }) => [customer_id, one]));
    const value = list.map((one) => ({ ...one, today: today.value ? (runs.get(one.customer_id) ?? NO_RUNS) : null }));
    const problems = today.code === 0 ? [] : [today.stderr];
    return { code: problems.length > 0 ? 1 : 0, value, text: render(value), problems };
  },
};

const NO_RUNS: Omit<RunsOfCustomer, 'customer_id'> = { runs: 0, input_tokens: 0, output_tokens: 0, costs: [] };

const render = (list: readonly (CustomerUse & { today: Omit<RunsOfCustomer, 'customer_id'> | null })[]): string =>
  section(
    'Customers',
    ['customer', 'open', 'missions', 'questions', 'mail today', 'stored', 'runs today', 'tokens', 'costs'],
    list.map(({ customer_id, missions, questions, mail, bytes: stored, quotas: limits, today }) => [
      customer_id,
      missions.open,
      beside(missions.kept, limits.missions),
      beside(questions, limits.questions),
      beside(mail, limits.mail),
      beside(bytes(stored), size(limits.storage)),
      today?.runs ?? '-',
      today ? today.input_tokens + today.output_tokens : '-',
      today?.costs.map(({ amount, currency }) => `${amount} ${currency}`).join(', ') || '-',
    ]),
    'none',
  );
