/**
 * `npm run containers`: tries the product in an engine, from nothing to nothing, in a project of its own. It builds the
 * image `missions`.
 *
 *     npm run containers                          starts it, calls it, backs it up under load, deletes and restores it
 *     npm run containers -- --cluster             two copies and three servers of NATS; kills some of each under load
 *     npm run containers -- --cluster --from REV  begins with an older commit, and updates it under load
 *     … --keep                                    leaves the containers
 *     … --optional                                where there is no engine, says so and ends with 0: for a machine that may have none
 *
 * What an interrupted trial leaves, the next one takes away first, or: docker compose -p missions-trial down --volumes
 */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdtempSync, openSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { waitFor } from '../process/wait-for.ts';
import { FirstCalls } from './calls.ts';
import { Containers, missingEngine, ports, writeSettings } from './compose.ts';
import { Load } from './load.ts';

const root = resolve(import.meta.dirname, '../..');
const { values: options } = parseArgs({
  options: {
    cluster: { type: 'boolean' },
    from: { type: 'string' },
    keep: { type: 'boolean' },
    optional: { type: 'boolean' },
  },
});
const missing = missingEngine();
if (missing !== undefined) {
  console.error(`!!! NO ENGINE: the containers are not tried. ${missing}`);
  process.exit(options.optional ? 0 : 1);
}

const work = mkdtempSync(join(tmpdir(), 'missions-containers-'));
const settings = join(work, 'env');
const secret = writeSettings(root, settings)['HUB_SERVICE_SECRET'] ?? '';
const project = { root, name: 'missions-trial', settings, files: options.cluster ? ['deploy/cluster.yml'] : [] };
const containers = new Containers(project);
const origins = [ports.gateway, ...(options.cluster ? [ports.secondGateway] : [])].map(
  (port) => `http://127.0.0.1:${port}`,
);
const calls = new FirstCalls({ baseUrl: origins[0] ?? '', credential: secret }, ports.mail);

const services = ['scheduler', 'mission', 'approval', 'email-bridge', 'notifier', 'gateway'];

async function step<T>(what: string, act: () => Promise<T>): Promise<T> {
  const from = performance.now();
  const result = await act();
  console.log(`${((performance.now() - from) / 1000).toFixed(1).padStart(7)} s  ${what}`);
  return result;
}
const up = (what: string, ...args: readonly string[]) =>
  step(what, () => containers.compose('up', '--detach', '--wait', ...args));
const firstCalls = () =>
  step('first calls: mission, question, answer, mail, reply, run', async () => {
    await calls.end(await calls.begin());
    await calls.run();
  });

/** Nothing waits to be published or to be received, and nothing could not be handled. */
async function expectSettled(): Promise<void> {
  await waitFor(
    async () => {
      const status = await containers.operator('status');
      const published = (status.services as { pending: number }[]).every(({ pending }) => pending === 0);
      const consumers = (status.streams as { consumers: { pending: number }[] }[]).flatMap((it) => it.consumers);
      const received = consumers.length > 0 && consumers.every(({ pending }) => pending === 0);
      return (published && received && status.dead_letters === 0) || undefined;
    },
    {
      withinMs: 120_000,
      everyMs: 1_000,
      timeoutMessage: () => 'events are not published or not received, or there are dead letters',
    },
  );
}

async function tryBackup(): Promise<void> {
  const before = await containers.ids();
  await up('up again');
  assert.deepEqual(withoutJobs(await containers.ids()), withoutJobs(before), 'up again made containers anew');
  await step('stop', () => containers.compose('stop'));
  await up('up after it');

  const waits = await calls.begin();
  const load = new Load(secret, origins);
  load.start();
  await load.progress(200);
  const begun = performance.now();
  const dump = join(work, 'missions.dump');
  const dumping = ['pg_dump', '-U', 'postgres', '-Fc', 'missions'];
  await step('pg_dump under load', () => containers.inPostgres(dumping, { output: openSync(dump, 'w', 0o600) }));
  await load.stop();
  const kept = load.missions.filter(({ createdAt }) => createdAt < begun);
  const answered = load.answered.filter(({ answeredAt = begun }) => answeredAt < begun);
  console.log(
    `           ${kept.length} missions before the dump, ${load.missions.length} in all; ${statSync(dump).size} bytes`,
  );

  await step('down, volumes too', () => containers.compose('down', '--volumes'));
  // As shared/docs/operating.md says.
  await up('postgres and nats on empty volumes', 'postgres', 'nats');
  const into = ['-U', 'postgres', '-d', 'missions'];
  const restoring = ['pg_restore', ...into, '--clean', '--if-exists', '--single-transaction'];
  await step('pg_restore', () => containers.inPostgres(restoring, { input: openSync(dump, 'r') }));
  await up('up, with all services');
  await step(`all ${kept.length} missions are there`, () => load.exist(kept));
  await step(`all ${answered.length} answered ones go on`, () => load.goOn(answered));
  await step('a question and a mail of before are answered', () => calls.end(waits));
  await firstCalls();
  await step('all events published and received, no dead letters', expectSettled);
}

async function tryCluster(): Promise<void> {
  const load = new Load(secret, origins);
  load.start();
  await load.progress(50);
  await (options.from === undefined ? killEachCopy(load) : update(load));
  await load.stop();
  console.log(`           attempts: ${JSON.stringify(load.attempts)}`);
  await step(`all ${load.answered.length} answered ones go on`, () => load.goOn(load.answered));
  await firstCalls();
  await step('all events published and received, no dead letters', expectSettled);
}

/** All first copies and a server of NATS at once, and then the second ones. */
async function killEachCopy(load: Load): Promise<void> {
  for (const copy of ['', '-2']) {
    const victims = [`nats${copy}`, ...services.map((name) => name + copy)];
    await step(`killed under load: ${victims.join(', ')}`, async () => {
      await containers.compose('kill', ...victims);
      await load.progress(100);
    });
    await up('up after it');
    await load.progress(50);
  }
}

/** One copy after the other (`shared/docs/operating.md`): what keeps streams and consumers first, and the scheduler next. */
async function update(load: Load): Promise<void> {
  await step('the new image', () => containers.compose('build'));
  await containers.compose('run', '--rm', '-T', 'provision');
  for (const name of ['keep-streams', ...services.flatMap((it) => [it, `${it}-2`])])
    await up(`update of ${name}`, '--no-deps', name);
  await load.progress(50);
}

/** A job that has ended is run again by each `up`. */
function withoutJobs(ids: Map<string, string>): Map<string, string> {
  ids.delete('provision');
  return ids;
}

/** Builds the image from the files of an older commit, as today's is built. */
async function buildOf(revision: string): Promise<void> {
  const folder = join(work, 'older');
  execFileSync('git', ['worktree', 'add', '--detach', folder, revision], { cwd: root, stdio: 'ignore' });
  try {
    await containers.docker('build', '-f', join(root, 'deploy/Dockerfile'), '-t', 'missions', folder);
  } finally {
    execFileSync('git', ['worktree', 'remove', '--force', folder], { cwd: root });
  }
}

try {
  const { from } = options;
  await containers.compose('down', '--volumes', '--remove-orphans');
  if (from === undefined) await up('up, from nothing', '--build');
  else {
    await step(`the image of ${from}`, () => buildOf(from));
    await up('up, from nothing', '--no-build');
  }
  await firstCalls();
  console.log((await containers.memory()).map((line) => `           ${line}`).join('\n'));
  await (options.cluster ? tryCluster() : tryBackup());
  console.log((await containers.memory()).map((line) => `           ${line}`).join('\n'));
  console.log('ok');
} catch (error) {
  console.error(error instanceof Error ? error.stack : error);
  console.error(await containers.compose('ps', '--all').catch(String));
  // They go with the containers, and the reason is in one of them.
  console.error(await containers.compose('logs', '--no-color', '--tail', '10').catch(String));
  process.exitCode = 1;
} finally {
  if (options.keep) console.log(`kept, with the settings in ${settings}`);
  else {
    await containers.compose('down', '--volumes').catch(console.error);
    rmSync(work, { recursive: true, force: true });
  }
}
