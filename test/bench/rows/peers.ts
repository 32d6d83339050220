import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { residentMemory, watchMachine } from '../machine.ts';
import { compare, roundsThatCount, type Turn } from '../peers/findings.ts';
import { installed, type Peer, peers as known } from '../peers/installed.ts';
import type { PhaseOrder } from '../peers/order.ts';
import { type Started, startContender, startRestateServer } from '../peers/start.ts';
import { processorTime } from '../processor.ts';
import { startBehind, startProduct } from '../product.ts';
import { usedByOthers } from '../rounds.ts';
import type { Bench, Finding, Row } from '../row.ts';
import { freePort } from '@missions/deploy/dev-servers/ports.ts';
import type { Program } from '../program.ts';
import { type BenchServers, startBenchServers } from '../servers.ts';
import { isRoundDue } from '../time.ts';
import { walReader } from '../wal.ts';

const SECRET = 'bench-secret-bench-secret-bench-secret';
/** Questions that wait at the same time, for each second of a round. */
const PER_SECOND = 300;
const ALONE = 100;
/** What a phase leaves behind, such as events yet to be published, is done by then, and counts as its cost. */
const TAIL_MS = 300;

export const row: Row = {
  about:
    'the same flow (begin, wait for an answer, go on) by the product, Restate and DBOS in turn; peers run it in the caller’s process',
  run: peers,
};

interface Contender {
  kind: string;
  name: string;
  started: Started;
  /** Whose processor time is its cost. */
  pids: Record<string, number>;
  writesToPostgres: boolean;
}

async function peers(bench: Bench): Promise<Finding[]> {
  const servers = await startBenchServers(bench);
  const { contender: product, programs } = await startOurs(bench, servers);
  const contenders = [product];
  const missing: string[] = [];
  for (const peer of ['dbos', 'restate'] as const) {
    try {
      contenders.push(await start[peer](bench, servers, await installed(peer)));
    } catch (error) {
      missing.push(`✗ ${known[peer].name} IS MISSING from this comparison: ${String(error)}`);
      bench.say(missing.at(-1) ?? '');
    }
  }

  const wal = await walReader((await servers.database()).adminUrl);
  bench.after(() => wal.end());
  const { seconds, warmup } = bench.options;
  const count = Math.ceil(seconds * PER_SECOND);
  if (warmup > 0) {
    bench.say(`warming up: ${warmup * PER_SECOND} answers each, and half as many cycles`);
    for (const one of contenders) await turn(bench, one, { count: warmup * PER_SECOND, position: wal.position });
  }

  const turns = new Map<string, Turn[]>(contenders.map(({ kind }) => [kind, []]));
  for (let round = 1; isRoundDue(bench, round); round += 1) {
    for (const one of contenders) {
      await servers.checkpoint();
      const taken = await turn(bench, one, { count, position: wal.position });
      turns.get(one.kind)?.push(taken);
      bench.say(line(round, one.name, taken));
    }
  }
  // Again, next to the table, where nobody overlooks it.
  missing.forEach((sentence) => bench.say(sentence));
  const { rounds, quiet } = roundsThatCount(turns);
  bench.say(
    quiet
      ? `${rounds.length} of ${turns.get('product')?.length} rounds count: others left the machine alone in them`
      : 'NOTE: others used the machine in every round, and all rounds count',
  );
  return [...compare(turns, new Map(contenders.map(({ kind, name }) => [kind, name]))), ...programs.map(memoryOf)];
}

interface TurnOptions {
  count: number;
  position: () => Promise<number>;
}

/**
 * First many that wait, then their answers, then whole cycles: by then the pages that a checkpoint made clean have been
 * written to the log whole, and the log grows as it does between checkpoints.
 */
async function turn(bench: Bench, { started, pids, writesToPostgres }: Contender, options: TurnOptions): Promise<Turn> {
  const { count, position } = options;
  const { connections } = bench.options;
  const reading = watchMachine();
  const run = async (phase: PhaseOrder['phase'], of: number, atOnce: number) => {
    const before = processorOf(pids);
    const log = await position();
    const sample = await started.order({ phase, count: of, atOnce });
    await pause(TAIL_MS);
    const after = processorOf(pids);
    const each = Object.keys(pids).map((name) => [name, ((after[name] ?? 0) - (before[name] ?? 0)) / sample.requests]);
    const written = ((await position()) - log) / 1000 / sample.requests;
    return { sample, processor: Object.fromEntries(each) as Record<string, number>, written };
  };
  await run('begin', count, connections);
  const answered = await run('answer', count, connections);
  const cycles = await run('cycle', Math.ceil(count / 2), connections);
  await run('begin', ALONE, 8);
  const alone = await run('answer', ALONE, 1);
  return {
    answered: answered.sample,
    cycles: cycles.sample,
    alone: alone.sample,
    processor: cycles.processor,
    wal: writesToPostgres ? cycles.written : null,
    others: reading().others,
  };
}

const processorOf = (pids: Record<string, number>): Record<string, number> =>
  Object.fromEntries(Object.entries(pids).map(([name, pid]) => [name, processorTime(pid)]));

function line(round: number, name: string, { answered, cycles, alone, processor, wal, others }: Turn): string {
  const each = Object.entries(processor).map(([process, ms]) => `${process} ${ms.toFixed(2)}`);
  const all = Object.values(processor).reduce((sum, ms) => sum + ms, 0);
  const errors = answered.errors + cycles.errors + alone.errors;
  return [
    `${round}  ${name}: ${cycles.perSecond.toFixed(0)} cycles/s`,
    `${answered.perSecond.toFixed(0)} answered and gone on/s, p99 ${answered.p99.toFixed(1)} ms`,
    `one in flight p50 ${alone.p50.toFixed(2)} ms`,
    `processor of a cycle ${all.toFixed(2)} ms (${each.join(', ')})`,
    ...(wal === null ? [] : [`log ${wal.toFixed(1)} KB`]),
    `used by others ${usedByOthers(others)}`,
    ...(errors > 0 ? [`${errors} ERRORS`] : []),
  ].join(' | ');
}

async function startOurs(
  bench: Bench,
  servers: BenchServers,
): Promise<{ contender: Contender; programs: readonly Program[] }> {
  const { folder } = servers;
  const database = await servers.database();
  const nats = await servers.nats();
  const { origin, programs } = await startProduct({ name: 'product', database, nats, secret: SECRET, folder });
  programs.forEach((program) => bench.after(program.stop));
  for (const service of ['approval', 'scheduler'] as const) {
    const program = await startBehind(service, { database, nats, folder });
    bench.after(program.stop);
    programs.push(program);
  }
  const settings = { origin, secret: SECRET, natsUrl: nats.urlFor('gateway') };
  const contender = {
    kind: 'product',
    name: 'product',
    started: await startContender(bench, 'product', settings, join(folder, 'driver-of-product.log')),
    pids: {
      postgres: servers.postgresPid,
      nats: nats.pid,
      ...Object.fromEntries(programs.map(({ service, pid }) => [service, pid])),
    },
    writesToPostgres: true,
  };
  return { contender, programs };
}

/** Each on what its maker's users have: DBOS on the same PostgreSQL in a database of its own, Restate on its server. */
const start: Record<Peer, (bench: Bench, servers: BenchServers, installedIn: string) => Promise<Contender>> = {
  async dbos(bench, servers, installedIn) {
    const { adminUrl: databaseUrl } = await servers.database();
    const settings = { folder: installedIn, databaseUrl };
    const started = await startContender(bench, 'dbos', settings, join(servers.folder, 'dbos.log'));
    const pids = { postgres: servers.postgresPid, workflow: started.pid };
    return { kind: 'dbos', name: known.dbos.name, started, pids, writesToPostgres: true };
  },
  async restate(bench, servers, installedIn) {
    const { pid, ...urls } = await startRestateServer(bench, installedIn, servers.folder);
    const settings = { folder: installedIn, ...urls, handlerPort: await freePort() };
    const started = await startContender(bench, 'restate', settings, join(servers.folder, 'restate-handler.log'));
    const pids = { restate: pid, handler: started.pid };
    return { kind: 'restate', name: known.restate.name, started, pids, writesToPostgres: false };
  },
};

const memoryOf = ({ service, pid }: Program): Finding => ({
  what: `memory of ${service}`,
  figure: residentMemory(pid)?.now ?? NaN,
  unit: 'MB',
  target: { atMost: 120 },
});
