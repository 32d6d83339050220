import { randomBytes } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { reloadNats, whenLogin } from '../../nats/reload.ts';
import { isSubscriberName, type SubscriberLogin, subscribersConf } from '../../nats/subscribers.ts';
import type { Command, CommandResult } from '../command.ts';
import { type CliContext, type ProgramResult, runProgram } from '../program.ts';
import { section, since } from '../table.ts';

interface Subscriber extends SubscriberLogin {
  created_at: string;
}

const USAGE = ['subscribers add <name>', 'subscribers list', 'subscribers remove <name>'];
const RELOAD = 'Have NATS read its configuration again now: docker compose kill --signal HUP nats';

/** Services of others that subscribe to the events: their logins at NATS, in an account of their own (decision 0030). */
export const subscribers: Command = {
  usage: USAGE,
  about:
    'logins by which services of others subscribe to events; each password is shown once, when it is made. Add a ' +
    'second one and remove the first to exchange it',
  async run([verb, name, ...more], context) {
    if (verb === 'list' && name === undefined) return list(context);
    if ((verb !== 'add' && verb !== 'remove') || name === undefined || more.length > 0)
      return { code: 2, problems: ['subscribers add <name>, list, or remove <name>.'] };
    if (!isSubscriberName(name))
      return {
        code: 2,
        problems: [`${name} is no name for a subscriber: use lower-case letters, digits, - and _, e.g. billing.`],
      };
    return await (verb === 'add' ? add : remove)(name, context);
  },
};

function list({ addresses }: CliContext): CommandResult {
  const shown = read(addresses.subscribers()).map(({ name, created_at }) => ({ name, created_at }));
  const rows = shown.map(({ name, created_at: made }) => [since(made), name]);
  return { code: 0, value: shown, text: section('Subscribers', ['made', 'name'], rows, 'none') };
}

async function add(name: string, context: CliContext): Promise<CommandResult> {
  const folder = context.addresses.subscribers();
  const known = read(folder);
  if (known.some((one) => one.name === name))
    return { code: 1, problems: [`There is a subscriber ${name} already. Remove it first, or choose another name.`] };
  const made = await program('add', name, context);
  if (made.code !== 0) return { code: made.code, problems: [made.stderr] };
  // A letter and hexadecimal digits need no quotes in URLs and shells.
  const password = `s${randomBytes(24).toString('hex')}`;
  write(folder, [...known, { name, password, created_at: new Date().toISOString() }]);
  const { host, hostname, port } = serverOf(context);
  const running = reloadNats(dirname(folder));
  if (running) await whenLogin({ host: hostname, port, user: name, password }, 'accepted');
  const servers = `nats://${host}`;
  return {
    code: 0,
    value: { name, servers, user: name, password, url: `nats://${name}:${password}@${host}`, active: running },
    text: [
      `server    ${servers}`,
      `user      ${name}`,
      `password  ${password}`,
      '',
      `Keep the password now: it cannot be shown again. Try it:`,
      `  nats --server nats://${name}:${password}@${host} consumer sub MISSION ${name}-try --ephemeral --pull`,
      'More: shared/docs/subscribe.md',
    ].join('\n'),
    problems: running ? [] : [RELOAD],
  };
}

async function remove(name: string, context: CliContext): Promise<CommandResult> {
  const folder = context.addresses.subscribers();
  const known = read(folder);
  const login = known.find((one) => one.name === name);
  if (!login) return { code: 1, problems: [`There is no subscriber ${name}. \`subscribers list\` shows all.`] };
  write(
    folder,
    known.filter((one) => one !== login),
  );
  const { hostname, port } = serverOf(context);
  const running = reloadNats(dirname(folder));
  // Before its consumers are removed, or it could make them again.
  if (running) await whenLogin({ host: hostname, port, user: name, password: login.password }, 'refused');
  const { code, stderr, value } = await program('remove', name, context);
  return {
    code,
    value: { name, removed: true, ...value },
    text: `Subscriber ${name} is removed, with the consumers that bear its name.`,
    problems: [...(running ? [] : [RELOAD]), ...(stderr === '' ? [] : [stderr])],
  };
}

const program = (verb: string, name: string, context: CliContext): Promise<ProgramResult<object>> =>
  runProgram(
    { program: 'subscribers', args: [verb, name], needs: { nats: 'provisioner', database: 'if known' } },
    context,
  );

function serverOf({ addresses }: CliContext): { host: string; hostname: string; port: number } {
  const { host, hostname, port } = new URL(addresses.nats('provisioner').split(',')[0] ?? '');
  return { host, hostname, port: Number(port || 4222) };
}

const stateFile = (folder: string): string => join(folder, 'subscribers.json');

const read = (folder: string): Subscriber[] =>
  existsSync(stateFile(folder)) ? (JSON.parse(readFileSync(stateFile(folder), 'utf8')) as Subscriber[]) : [];

/** In place: a container sees the folder, and NATS reads it only when it is told to. */
function write(folder: string, all: readonly Subscriber[]): void {
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  writeFileSync(stateFile(folder), `${JSON.stringify(all, null, 2)}\n`, { mode: 0o600 });
  writeFileSync(join(folder, 'subscribers.conf'), subscribersConf(all), { mode: 0o600 });
}
