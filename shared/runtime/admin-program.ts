import { parseArgs, type ParseArgsOptionsConfig } from 'node:util';
import { ConfigError } from './config.ts';
import { renderLines } from './terminal-text.ts';

/**
 * A program behind an operators' command: it prints one JSON document, which `npm run missions` shows as tables. Exit
 * codes: 0 done; 1 refused or failed, with the reason on stderr; 2 the call itself is wrong.
 */
export const exitCodes = { done: 0, refused: 1, misused: 2 } as const;

/** The arguments are wrong; the message says how to correct them. Exit code 2. */
export class UsageError extends Error {}

/**
 * The command was understood and cannot be done; the message says why. Exit code 1. If the command was done in part,
 * `partialResult` is printed nevertheless.
 */
export class AdminFailure extends Error {
  readonly partialResult: unknown;
  constructor(message: string, partialResult?: unknown) {
    super(message);
    this.partialResult = partialResult;
  }
}

type Parsed<O extends ParseArgsOptionsConfig> = ReturnType<typeof parseArgs<{ options: O; allowPositionals: true }>>;

/**
 * Parses the arguments, runs `act` and prints its result. Never rejects: an unexpected error is printed as one line
 * without its stack, which would not help an operator.
 */
export async function runAdminProgram<const O extends ParseArgsOptionsConfig>(
  options: O,
  act: (args: Parsed<O>) => Promise<unknown>,
): Promise<void> {
  try {
    console.log(JSON.stringify(await act(parsed(options))));
  } catch (error) {
    if (error instanceof AdminFailure && error.partialResult !== undefined)
      console.log(JSON.stringify(error.partialResult));
    // Messages name titles and other texts that users wrote.
    console.error(renderLines(messageWithCause(error)));
    process.exitCode =
      error instanceof UsageError || error instanceof ConfigError ? exitCodes.misused : exitCodes.refused;
  }
}

function parsed<O extends ParseArgsOptionsConfig>(options: O): Parsed<O> {
  try {
    return parseArgs({ options, allowPositionals: true });
  } catch (error) {
    throw new UsageError(messageWithCause(error));
  }
}

/** A whole number of at least `least`. @throws UsageError */
export function wholeNumber(name: string, text: string | undefined, least: number): number {
  if (text === undefined || !/^\d{1,15}$/.test(text) || Number(text) < least)
    throw new UsageError(`${name} must be a whole number of at least ${least}.`);
  return Number(text);
}

/** The error of several connection attempts has no message; that of the first attempt is used instead. */
function messageWithCause(error: unknown): string {
  const [first] = error instanceof AggregateError ? error.errors : [];
  const { message, cause } = (first ?? error) as Error;
  return cause instanceof Error && !(error instanceof AdminFailure) ? `${message}\n  ${cause.message}` : message;
}
