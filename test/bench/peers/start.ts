import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, openSync } from 'node:fs';
import { join } from 'node:path';
import { supervise } from '@missions/deploy/process/supervised.ts';
import type { Sample } from '../load/order.ts';
import { freePort } from '@missions/deploy/dev-servers/ports.ts';
import type { Bench } from '../row.ts';
import { restateServerIn } from './installed.ts';
import type { PhaseOrder, Report } from './order.ts';
import type { DbosSettings } from './dbos-flow.ts';
import type { ProductSettings } from './product-flow.ts';
import type { RestateSettings } from './restate-flow.ts';

interface Settings {
  product: ProductSettings;
  dbos: DbosSettings;
  restate: RestateSettings;
}

export interface Started {
  /** Of the process that carries out the orders, and runs a peer's handler. */
  pid: number;
  order(order: PhaseOrder): Promise<Sample>;
}

/** Starts the process of a contender. @throws Error with its own words when it cannot. */
export async function startContender<Kind extends keyof Settings>(
  bench: Bench,
  kind: Kind,
  settings: Settings[Kind],
  logFile: string,
): Promise<Started> {
  const log = openSync(logFile, 'a');
  const child = fork(new URL('./contender.ts', import.meta.url), [kind, JSON.stringify(settings)], {
    stdio: ['ignore', log, log, 'ipc'],
    env: { ...process.env, NODE_ENV: 'production' },
  });
  bench.after(async () => {
    if (child.exitCode !== null || child.signalCode !== null) return;
    const exit = once(child, 'exit');
    child.kill('SIGKILL');
    await exit;
  });
  await nextReport(child, kind);
  return {
    pid: child.pid ?? 0,
    async order(order) {
      child.send(order);
      const report = await nextReport(child, kind);
      if (!('sample' in report)) throw new Error(`${kind} answered an order with ${JSON.stringify(report)}`);
      if (report.firstError !== undefined)
        bench.say(`${kind}, ${order.phase}: ${report.sample.errors} errors; the first: ${report.firstError}`);
      return report.sample;
    },
  };
}

async function nextReport(child: ChildProcess, kind: string): Promise<Report> {
  const ended = new AbortController();
  const [report] = (await Promise.race([
    once(child, 'message', ended),
    once(child, 'exit', ended).then(([code]) =>
      Promise.reject(new Error(`the process of ${kind} ended with code ${code}`)),
    ),
  ]).finally(() => ended.abort())) as [Report];
  if ('failed' in report) throw new Error(`${kind} failed: ${report.failed}`);
  return report;
}

const PARTITIONS = 4;

/** With its defaults, so that its log is flushed to the disk, and without reports to its maker. */
export async function startRestateServer(
  bench: Bench,
  installedIn: string,
  folder: string,
): Promise<{ pid: number; ingressUrl: string; adminUrl: string }> {
  const [node, ingress, admin] = [await freePort(), await freePort(), await freePort()];
  const at = (port: number): string => `127.0.0.1:${port}`;
  const baseDir = join(folder, 'restate');
  mkdirSync(baseDir, { recursive: true });
  const server = await supervise({
    name: 'restate',
    command: restateServerIn(installedIn),
    args: [
      ...['--no-logo', '--node-name', 'bench', '--base-dir', baseDir],
      ...['--bind-address', at(node), '--listen-mode', 'tcp'],
    ],
    env: {
      PATH: process.env['PATH'],
      HOME: folder,
      DO_NOT_TRACK: '1',
      RESTATE_DISABLE_TELEMETRY: 'true',
      RESTATE_LOG_FILTER: 'error',
      RESTATE_ADVERTISED_ADDRESS: `http://${at(node)}`,
      RESTATE_INGRESS__BIND_ADDRESS: at(ingress),
      RESTATE_ADMIN__BIND_ADDRESS: at(admin),
      RESTATE_DEFAULT_NUM_PARTITIONS: String(PARTITIONS),
    },
    cwd: folder,
    pidFile: join(folder, 'restate.pid'),
    logFile: join(folder, 'restate.log'),
    signals: ['TERM', 'KILL'],
    secondsPerSignal: 2,
  });
  bench.after(async () => void (await server.stop()));
  return { pid: server.pid, ingressUrl: `http://${at(ingress)}`, adminUrl: `http://${at(admin)}` };
}
