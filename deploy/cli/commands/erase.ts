import { type Command, type CommandResult, programCommand } from '../command.ts';
import { type ProgramCall, type ProgramResult, runProgram } from '../program.ts';
import { section } from '../table.ts';

interface StreamsDocument {
  streams: { stream: string; messages: number }[];
}

interface Part {
  service: string;
  rows: number;
  /** Of sent messages. */
  files?: number;
}

interface ErasureReport extends StreamsDocument {
  erased: string;
  customer_id: string;
  /** Unknown of a mission that was erased before. */
  user_id?: string;
  services: Part[];
  /** The parts that could not be erased, or not wholly: everything that is named here is to be done again. */
  left: string[];
}

/** The services that hold data of missions, beside the mission service itself. */
const others = ['approval', 'scheduler', 'email-bridge', 'notifier'];

const messagesProgram = (args: readonly string[]): ProgramCall => ({
  program: 'erase-messages',
  args,
  needs: { nats: 'eraser' },
});

export const erase: Command = {
  usage: ['erase <mission id> --yes'],
  about:
    'takes a mission away for good, with everything that belongs to it, in every service, stream and sent file; only ' +
    'its id stays. If a part cannot be reached, the command says which and fails: call it again then',
  async run(args, context): Promise<CommandResult> {
    const run = <Document>(call: ProgramCall): Promise<ProgramResult<Document>> => runProgram<Document>(call, context);
    const mission = await run<Omit<Part, 'service'> & { mission_id: string; customer_id: string; user_id?: string }>({
      service: 'mission',
      program: 'erase',
      args,
      needs: { database: true },
    });
    if (!mission.value) return { code: mission.code, problems: [mission.stderr] };
    const { mission_id: id, rows, ...owner } = mission.value;
    const results: [string, ProgramResult<Omit<Part, 'service'>>][] = [
      ['mission', { ...mission, value: { rows } }],
      ...(await Promise.all(
        others.map(async (service): Promise<[string, ProgramResult<Omit<Part, 'service'>>]> => [
          service,
          await run({ service, program: 'erase', args: [id, owner.customer_id], needs: { database: true } }),
        ]),
      )),
    ];
    // Last: until their rows are gone, services may publish events of the mission.
    const streams = await run<StreamsDocument>(messagesProgram([id]));
    const failed = [...results, ['streams', streams] as const].filter(([, { code }]) => code !== 0);
    const value: ErasureReport = {
      erased: id,
      ...owner,
      services: results.flatMap(([service, result]) => (result.value ? [{ service, ...result.value }] : [])),
      streams: streams.value?.streams ?? [],
      left: failed.map(([part]) => part),
    };
    return {
      code: failed.length > 0 ? 1 : 0,
      value,
      text: renderReport(value),
      problems: failed.map(([part, { stderr }]) => `Not done: ${part}: ${stderr}`),
    };
  },
};

const renderReport = ({ erased, services, streams, left }: ErasureReport): string =>
  [
    left.length === 0
      ? `The mission ${erased} is erased.`
      : `The mission ${erased} is not erased everywhere: call this again for ${left.join(', ')}.`,
    section(
      'Rows',
      ['service', 'rows', 'files'],
      services.map(({ service, rows, files }) => [service, rows, files ?? '-']),
      'none',
    ),
    renderStreams({ streams }),
  ].join('\n\n');

const renderStreams = ({ streams }: StreamsDocument): string =>
  section(
    'Messages',
    ['stream', 'erased'],
    streams.map(({ stream, messages }) => [stream, messages]),
    'none',
  );

/** What is left of missions that the product erased by itself, or of what was on its way during an erasure. */
export const eraseMessages = programCommand<StreamsDocument>(
  {
    usage: ['erase-messages'],
    about:
      'overwrites what streams and dead letters hold of erased missions; a job of every deployment, once a day ' +
      '(npm start does it by itself)',
  },
  { ...messagesProgram([]), needs: { database: 'if known', nats: 'eraser' } },
  renderStreams,
);
