import { resolve } from 'node:path';
import { addresses, Unknown } from './addresses.ts';
import type { Command, Outcome } from './command.ts';
import { deadLetters } from './dead-letters.ts';
import { emails } from './emails.ts';
import { erase } from './erase.ts';
import { keys } from './keys.ts';
import { killSwitch } from './kill-switch.ts';
import { missions } from './show-mission.ts';
import { outbox, rebuildStream } from './outbox.ts';
import { runs } from './runs.ts';
import { status } from './status.ts';
import { timers } from './timers.ts';

/**
 * `npm run missions -- <command> …`: the operators' command. What it shows or changes belongs to a service, and is asked of a program of that
 * service (`services/<name>/admin/<program>.ts`), which opens nothing but its own tables; here the answers are put together and shown.
 */
const commands: Record<string, Command> = {
  status,
  missions,
  timers,
  runs,
  emails,
  'dead-letters': deadLetters,
  outbox,
  'rebuild-stream': rebuildStream,
  'kill-switch': killSwitch,
  erase,
  keys,
};

const root = resolve(import.meta.dirname, '../..');
const given = process.argv.slice(2);
const json = given.includes('--json');
const [name = '', ...args] = given.filter((arg) => arg !== '--json');
const command = Object.hasOwn(commands, name) ? commands[name] : undefined;

// Not `process.exit`, which would cut off what a pipe has not taken yet.
process.exitCode = await main();

async function main(): Promise<number> {
  if (given.includes('--help') || given.includes('-h') || name === 'help') {
    console.log(help(command ? [command] : Object.values(commands)));
    return 0;
  }
  if (!command) {
    console.error(
      `${name === '' ? 'Name a command.' : `There is no command ${name}.`}\n\n${help(Object.values(commands))}`,
    );
    return 2;
  }
  const outcome = await command.run(args, { root, addresses: addresses(process.env, root) }, json).catch(misused);
  if (json && outcome.value !== undefined) console.log(JSON.stringify(outcome.value));
  else if (outcome.text) console.log(outcome.text);
  for (const problem of outcome.problems ?? []) console.error(problem);
  if (outcome.code === 2) console.error(`\n${help([command])}`);
  return outcome.code;
}

/** What the reading of the arguments or the search for the servers throws. */
function misused(error: unknown): Outcome {
  const isCall = error instanceof Unknown || (error as NodeJS.ErrnoException).code?.startsWith('ERR_PARSE_ARGS');
  if (isCall) return { code: 2, problems: [(error as Error).message] };
  throw error;
}

function help(shown: readonly Command[]): string {
  const uses = shown
    .map(({ usage, about }) => `${usage.map((line) => `  missions ${line}`).join('\n')}\n      ${about}`)
    .join('\n');
  return `${uses}

  --json   one JSON document on stdout, for scripts; what went wrong is on stderr
  --help   this, or of one command

Exit codes: 0 done; 1 refused or failed, with the reason on stderr; 2 the call is wrong.

What is asked: <SERVICE>_DATABASE_URL (e.g. MISSION_DATABASE_URL), OPERATOR_NATS_URL and GATEWAY_URL name the servers; where they are not set, it is
what npm start runs in DATA_DIR.`;
}
