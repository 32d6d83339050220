import { type CliContext, type ProgramCall, runProgram } from './program.ts';

export interface CommandResult {
  /** Exit code: 0 done; 1 refused or failed; 2 the call is wrong. */
  code: number;
  /** The JSON document for scripts. */
  value?: unknown;
  /** The same document as tables. */
  text?: string;
  /** Lines for stderr. */
  problems?: readonly string[];
}

export interface Command {
  /** Forms of the call, without the leading `missions`. */
  usage: readonly string[];
  about: string;
  /** @param args without the command's name and without `--json`. */
  run(args: readonly string[], context: CliContext): Promise<CommandResult>;
}

/** A command that passes its arguments to one program and renders the program's document. */
export function programCommand<Document>(
  { usage, about }: Pick<Command, 'usage' | 'about'>,
  program: Omit<ProgramCall, 'args'>,
  render: (document: Document) => string,
): Command {
  return {
    usage,
    about,
    async run(args, context) {
      const { code, value, stderr } = await runProgram<Document>({ ...program, args }, context);
      return {
        code,
        value,
        ...(value !== undefined && { text: render(value) }),
        problems: stderr === '' ? [] : [stderr],
      };
    },
  };
}
