import { parseArgs } from 'node:util';
import type { Command, CommandResult } from '../command.ts';
import { type CliContext, type ProgramResult, runProgram } from '../program.ts';
import { section } from '../table.ts';

interface Owner {
  customer_id: string;
  /** Null: the whole customer. */
  user_id: string | null;
}

interface HeldDocument {
  held: { table: string; rows: number }[];
}
type ErasedPart = { rows: number };
type StreamsDocument = { streams: { stream: string; messages: number }[] };

/** The gateway first, so that sessions and keys end; then the missions, whose end the others hear of. */
export const holders = ['gateway', 'mission', 'approval', 'scheduler', 'email-bridge', 'notifier'];

export const ownerArgs = ({ customer_id, user_id }: Owner): string[] => [
  `--customer=${customer_id}`,
  ...(user_id === null ? [] : [`--user=${user_id}`]),
];

/** @throws an error of `parseArgs`, or a `CommandResult` of a wrong call. */
export function ownerOf(args: readonly string[], usage: string, isUser: boolean): Owner & { yes: boolean } {
  const { values, positionals } = parseArgs({
    args: [...args],
    options: { yes: { type: 'boolean', default: false } },
    allowPositionals: true,
  });
  const [customer_id = '', user_id = '', ...more] = positionals;
  if (customer_id === '' || more.length > 0 || (user_id !== '') !== isUser)
    throw Object.assign(new Error(`missions ${usage}`), { code: 'ERR_PARSE_ARGS_POSITIONALS' });
  return { customer_id, user_id: isUser ? user_id : null, yes: values.yes };
}

const named = ({ customer_id, user_id }: Owner): string =>
  user_id === null
    ? `the customer ${customer_id} with all users`
    : `the user ${user_id} of the customer ${customer_id}`;

/** One verb of the program `owner.ts` in several services at once. */
async function inEach<Document>(
  services: readonly string[],
  args: readonly string[],
  context: CliContext,
): Promise<[string, ProgramResult<Document>][]> {
  return await Promise.all(
    services.map(async (service): Promise<[string, ProgramResult<Document>]> => {
      const call = { service, program: 'owner', args, needs: { database: true } } as const;
      return [service, await runProgram<Document>(call, context)];
    }),
  );
}

const failures = (results: readonly [string, ProgramResult<unknown>][]) => results.filter(([, { code }]) => code !== 0);
const problemsOf = (failed: readonly [string, ProgramResult<unknown>][]): string[] =>
  failed.map(([part, { stderr }]) => `Not done: ${part}: ${stderr}`);

async function eraseOwner(owner: Owner, context: CliContext): Promise<CommandResult> {
  const args = ownerArgs(owner);
  const about = { customer_id: owner.customer_id, ...(owner.user_id !== null && { user_id: owner.user_id }) };
  // Nothing is erased before nothing can be added anywhere: a service that is still open would be left with a rest.
  const closed = await inEach(holders, ['close', ...args], context);
  const open = failures(closed);
  if (open.length > 0) {
    const left = open.map(([part]) => part);
    const value = { erased: about, services: [], streams: [], left };
    const text = `Nothing of ${named(owner)} is erased: call this again when ${left.join(', ')} can be reached.`;
    return { code: 1, value, text, problems: problemsOf(open) };
  }
  const [gateway = '', mission = '', ...others] = holders;
  const erased = [
    ...(await inEach<ErasedPart>([gateway], ['erase', ...args], context)),
    ...(await inEach<ErasedPart>([mission], ['erase', ...args], context)),
    ...(await inEach<ErasedPart>(others, ['erase', ...args], context)),
  ];
  const streams = await runProgram<StreamsDocument>(
    { program: 'erase-messages', args, needs: { nats: 'eraser' } },
    context,
  );
  const failed = failures([...erased, ['streams', streams]]);
  const left = failed.map(([part]) => part);
  await inEach([gateway], ['record', left.length > 0 ? 'failed' : 'done', ...args], context);
  const value = {
    erased: about,
    services: erased.flatMap(([service, result]) => (result.value ? [{ service, rows: result.value.rows }] : [])),
    streams: streams.value?.streams ?? [],
    left,
  };
  return {
    code: left.length > 0 ? 1 : 0,
    value,
    text: [
      left.length === 0
        ? `Erased: ${named(owner)}. Nothing new is stored of them; missions readmit takes them in again.`
        : `Not erased everywhere: ${named(owner)}. Call this again for ${left.join(', ')}.`,
      section(
        'Rows',
        ['service', 'rows'],
        value.services.map(({ service, rows }) => [service, rows]),
        'none',
      ),
      section(
        'Messages',
        ['stream', 'erased'],
        value.streams.map(({ stream, messages }) => [stream, messages]),
        'none',
      ),
    ].join('\n\n'),
    problems: problemsOf(failed),
  };
}

/** What would be erased; always a failure. */
async function preview(owner: Owner, context: CliContext): Promise<CommandResult> {
  const counted = await inEach<HeldDocument>(holders, ['count', ...ownerArgs(owner)], context);
  const rows = counted.flatMap(([service, { value }]) => (value?.held ?? []).map((one) => ({ service, ...one })));
  return {
    code: 1,
    value: { held: rows },
    text: section(
      `Held of ${named(owner)}`,
      ['service', 'table', 'rows'],
      rows.map((row) => [row.service, row.table, row.rows]),
      'nothing',
    ),
    problems: [
      ...problemsOf(failures(counted)),
      `Nothing was erased. This would take away ${named(owner)} in every service, and nothing brings it back. ` +
        'Add --yes to do it.',
    ],
  };
}

const eraser = (isUser: boolean, usage: string, about: string): Command => ({
  usage: [usage],
  about,
  async run(args, context) {
    const owner = ownerOf(args, usage, isUser);
    return owner.yes ? await eraseOwner(owner, context) : await preview(owner, context);
  },
});

export const eraseUser = eraser(
  true,
  'erase-user <customer> <user> --yes',
  'takes everything of a user away for good, in every service and stream, and takes nothing new of them. If a part ' +
    'cannot be reached, the command says which and fails: call it again then',
);
export const eraseCustomer = eraser(
  false,
  'erase-customer <customer> --yes',
  'takes everything of a customer and all of its users away for good, as erase-user does of one user',
);

const READMIT = 'readmit <customer> [<user>]';
export const readmit: Command = {
  usage: [READMIT],
  about: 'lets a customer or a user who was erased be stored again; nothing of before comes back',
  async run(args, context) {
    const owner = ownerOf(args, READMIT, args.filter((arg) => !arg.startsWith('--')).length > 1);
    const results = await inEach<{ readmitted: boolean }>(holders, ['readmit', ...ownerArgs(owner)], context);
    const failed = failures(results);
    const isKnown = results.some(([, { value }]) => value?.readmitted);
    return {
      code: failed.length > 0 ? 1 : 0,
      value: { readmitted: isKnown, left: failed.map(([part]) => part) },
      text: isKnown ? `Readmitted: ${named(owner)}.` : `Not closed: ${named(owner)}.`,
      problems: problemsOf(failed),
    };
  },
};
