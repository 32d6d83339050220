import { resolve } from 'node:path';
import { renderLines } from '@missions/runtime/terminal-text.ts';
import { addresses, UnknownAddress } from './addresses.ts';
import type { Command, CommandResult } from './command.ts';
import { help } from './help.ts';
import { audit } from './commands/audit.ts';
import { customers, quotas } from './commands/customers.ts';
import { deadLetters } from './commands/dead-letters.ts';
import { erase, eraseMessages } from './commands/erase.ts';
import { eraseCustomer, eraseUser, readmit } from './commands/erase-owner.ts';
import { exportOwner } from './commands/export-owner.ts';
import { keys } from './commands/keys.ts';
import { emails, timers } from './commands/lists.ts';
import { list, missions, show } from './commands/missions.ts';
import { outbox, rebuildStream } from './commands/outbox.ts';
import { provision } from './commands/provision.ts';
import { rotateReceiptKeys } from './commands/receipts.ts';
import { killSwitch, runs } from './commands/runs.ts';
import { signIn } from './commands/sign-in.ts';
import { status } from './commands/status.ts';
import { subscribers } from './commands/subscribers.ts';
import { usage } from './commands/usage.ts';
import { webhooks } from './commands/webhooks.ts';

/**
 * `npm run missions -- <command> …`: the operators' command. Each service has programs for operators
 * (`services/<name>/admin/<program>.ts`), which connect to nothing but the service's own tables or to NATS. A command
 * runs one or several of the programs, each as a process of its own, and renders the JSON documents that they print.
 */
const commands: Record<string, Command> = {
  status,
  list,
  show,
  missions,
  timers,
  runs,
  usage,
  customers,
  quotas,
  emails,
  'dead-letters': deadLetters,
  outbox,
  provision,
  'rebuild-stream': rebuildStream,
  'kill-switch': killSwitch,
  erase,
  'erase-messages': eraseMessages,
  'erase-user': eraseUser,
  'erase-customer': eraseCustomer,
  readmit,
  export: exportOwner,
  keys,
  subscribers,
  webhooks,
  'sign-in': signIn,
  'rotate-receipt-keys': rotateReceiptKeys,
  audit,
};

const root = resolve(import.meta.dirname, '../..');
const argv = process.argv.slice(2);
const json = argv.includes('--json');
const [name = '', ...args] = argv.filter((arg) => arg !== '--json');
const command = Object.hasOwn(commands, name) ? commands[name] : undefined;

// `process.exit` would cut off output that a pipe has not taken yet.
process.exitCode = await main();

async function main(): Promise<number> {
  if (argv.includes('--help') || argv.includes('-h') || name === 'help') {
    console.log(help(commands, command?.usage.length ? name : undefined));
    return 0;
  }
  if (!command) {
    console.error(`${name === '' ? 'Name a command.' : `There is no command ${name}.`}\n\n${help(commands)}`);
    return 2;
  }
  const result = await command.run(args, { root, addresses: addresses(process.env, root) }).catch(usageResult);
  if (json && result.value !== undefined) console.log(JSON.stringify(result.value));
  else if (result.text) console.log(result.text);
  for (const problem of result.problems ?? []) console.error(renderLines(problem));
  if (result.code === 2) console.error(`\n${help(commands, command.usage.length ? name : undefined)}`);
  return result.code;
}

/** The result of a call with wrong arguments or without the address of a server. Any other error is thrown again. */
function usageResult(error: unknown): CommandResult {
  const isUsageError =
    error instanceof UnknownAddress || (error as NodeJS.ErrnoException).code?.startsWith('ERR_PARSE_ARGS');
  if (isUsageError) return { code: 2, problems: [(error as Error).message] };
  throw error;
}
