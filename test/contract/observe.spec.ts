import { execFile } from 'node:child_process';
import { copyFileSync, existsSync, mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { expect } from 'chai';
import { parse, stringify } from 'yaml';
import { approval } from '@missions/approval/service.ts';
import { emailBridge } from '@missions/email-bridge/service.ts';
import { measureStreams } from '@missions/messaging/admin/stream-gauges.ts';
import { openConnection } from '@missions/messaging/connect.ts';
import { notifier } from '@missions/notifier/service.ts';
import { type Database, openDatabase } from '@missions/persistence/database.ts';
import { createLogger } from '@missions/runtime/logger.ts';
import { registry } from '@missions/runtime/metrics.ts';
import { scheduler } from '@missions/scheduler/service.ts';
import { Api } from '@missions/test-support/api.ts';
import { debianPackages, unpackPackages } from '@missions/test-support/debian-packages.ts';
import { serviceNames } from '@missions/test-support/product.ts';
import { product, type SharedProduct } from '@missions/test-support/shared-product.ts';
import { waitUntil } from '@missions/test-support/wait-until.ts';
import { situations } from './observed-situations.ts';

const folder = fileURLToPath(new URL('../../deploy/observe/', import.meta.url));
const read = (file: string): string => readFileSync(join(folder, file), 'utf8');
const { groups } = parse(read('rules.yml')) as {
  groups: { rules: { alert: string; expr: string; annotations: Record<string, string> }[] }[];
};
const rules = groups.flatMap((group) => group.rules);
const NAME = /\b(?:missions|process|nodejs)_\w+/g;

describe('deploy/observe', () => {
  let running: SharedProduct;
  before(async () => {
    running = await product();
  });

  const metricsOf = async (service: (typeof serviceNames)[number]): Promise<string> => {
    const origin = service === 'gateway' ? running.healthOrigin : `http://127.0.0.1:${running[service].port}`;
    return await (await fetch(`${origin}/metrics`)).text();
  };
  /** Without what all processes share. */
  const valueOf = (text: string, name: string, label = ''): number | undefined => {
    const line = text.split('\n').find((one) => one.startsWith(`${name}{`) && one.includes(label));
    return line === undefined ? undefined : Number(line.split(' ').at(-1));
  };

  const questions = (text: string) => valueOf(text, 'missions_questions_pending', 'urgency="low"');

  it('names only metrics that the running product exposes', async () => {
    const streams = await registry.metrics();
    const texts = [...(await Promise.all(serviceNames.map(metricsOf))), streams];
    const exposed = new Set<string>();
    for (const [, name = '', type] of texts.join('\n').matchAll(/^# TYPE (\w+) (\w+)$/gm))
      for (const suffix of type === 'histogram' ? ['_bucket', '_count', '_sum'] : ['']) exposed.add(name + suffix);
    for (const file of ['rules.yml', 'dashboard.json']) {
      const named = new Set(read(file).match(NAME));
      expect(named.size).to.be.greaterThan(15);
      expect([...named].filter((name) => !exposed.has(name), file)).to.deep.equal([]);
    }
  });

  it('sees which relay publishes, what is connected and which version runs', async () => {
    for (const service of serviceNames) {
      const text = await metricsOf(service);
      expect(valueOf(text, 'missions_build_info'), service).to.equal(1);
      expect(valueOf(text, 'missions_nats_connected'), service).to.equal(1);
      if (service === 'gateway') continue;
      const schema = `schema="${service.replaceAll('-', '_')}"`;
      const active = async () => valueOf(await metricsOf(service), 'missions_relay_active', schema) === 1;
      await waitUntil(active, { what: `an active relay of ${service}` });
    }
  });

  it('sees what waits in each service: questions, timers, runs, mail and notices', async () => {
    const api = new Api(running);
    const wait_for = { kind: 'webhook', reference: 'metrics', timeout_hours: 1 };
    const { id } = await api.mission({ conversation_id: 'c', tasks: [{ title: 'a' }, { title: 'b', wait_for }] });
    const options = [
      { id: 'a', label: 'A' },
      { id: 'b', label: 'B' },
    ];
    await api.post(`missions/${id}/input-requests`, { prompt: 'Which?', options, urgency: 'low' });
    const logger = createLogger({ service: 'spec', level: 'silent' });
    for (const service of [approval, scheduler, emailBridge, notifier]) {
      const role = service.name.replaceAll('-', '_');
      const databaseUrl = running.database.urlFor(role);
      const db = await openDatabase({ url: databaseUrl, schema: role, ...service.database, logger, poolSize: 3 });
      const measure = service.measure as ((context: { db: Database }) => Promise<void>) | undefined;
      const counts = async (): Promise<boolean> => {
        await measure?.({ db });
        return service !== approval || (questions(await registry.metrics()) ?? 0) > 0;
      };
      await waitUntil(counts, { what: `the gauges of ${service.name}` });
      await db.close();
    }
    const text = await registry.metrics();
    for (const name of ['timers_overdue', 'runs_queued', 'runs_expired', 'mail_queued', 'mail_set_aside'])
      expect(text, name).to.match(new RegExp(`^missions_${name} \\d+$`, 'm'));
    expect(text).to.match(/^missions_notices_queued\{channel="mail"\} \d+$/m);
  });

  it('sees streams and consumers by the login that keeps them', async () => {
    const logger = createLogger({ service: 'spec', level: 'silent' });
    const servers = running.servers.natsUrlFor('provisioner');
    const connection = await openConnection({ servers, name: 'provisioner', logger });
    await measureStreams(connection);
    await connection.nc.close();
    const text = await registry.metrics();
    expect(valueOf(text, 'missions_stream_max_bytes', 'stream="MISSION"')).to.be.greaterThan(0);
    expect(valueOf(text, 'missions_consumer_pending', 'consumer="scheduler"')).to.be.at.least(0);
  });

  it('has for each alert what an operator does', () => {
    for (const { alert, annotations } of rules) {
      expect(annotations['summary'], alert).to.match(/\.$/);
      expect(annotations['todo'], alert).to.not.equal(undefined);
    }
    expect(rules.map(({ alert }) => alert)).to.have.members(Object.keys(situations));
  });

  it('alerts in each situation that it is for, and in none that is in order', async () => {
    const work = mkdtempSync(join(tmpdir(), 'missions-observe-'));
    try {
      const program = promtool(work);
      if (program === undefined) return;
      writeFileSync(join(work, 'rules.yml'), read('rules.yml'));
      writeFileSync(join(work, 'situations.yml'), stringify(unitTests()));
      const { stdout } = await promisify(execFile)(program, ['test', 'rules', 'situations.yml'], { cwd: work });
      expect(stdout).to.contain('SUCCESS');
    } finally {
      rmSync(work, { recursive: true });
    }
  });
});

/** In promtool's form: after half an hour, is the alert firing? */
function unitTests(): object {
  const tests = Object.entries(situations).flatMap(([alert, { trips, calm }]) =>
    [...trips.map((series) => [series, true] as const), ...calm.map((series) => [series, false] as const)].map(
      ([series, fires]) => ({
        name: `${alert} ${fires ? 'trips' : 'does not trip'}`,
        interval: '1m',
        input_series: Object.entries(series).map(([name, values]) => ({ series: name, values })),
        promql_expr_test: [
          {
            expr: `min(ALERTS{alertname="${alert}", alertstate="firing"})`,
            eval_time: '30m',
            exp_samples: fires ? [{ labels: '{}', value: 1 }] : [],
          },
        ],
      }),
    ),
  );
  return { rule_files: ['rules.yml'], evaluation_interval: '1m', tests };
}

function promtool(work: string): string | undefined {
  const installed = ['/usr/bin/promtool', '/usr/local/bin/promtool'].find((path) => existsSync(path));
  if (installed !== undefined) return installed;
  try {
    const [file = ''] = debianPackages('prometheus', ['prometheus']);
    // Unpacked once: the package is large.
    const kept = join(dirname(file), 'promtool');
    if (!existsSync(kept)) {
      unpackPackages([file], work);
      copyFileSync(join(work, 'usr/bin/promtool'), `${kept}.${process.pid}`);
      renameSync(`${kept}.${process.pid}`, kept);
    }
    return kept;
  } catch (error) {
    process.stderr.write(`\n  !!! NO PROMTOOL: no alert of deploy/observe is tried. ${String(error)}\n`);
    return undefined;
  }
}
