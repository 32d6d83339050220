/**
 * `npm run bench -- [row…]`: the table of targets, measured. Each file in `rows/` is one row; each starts what it
 * needs, lets the contenders take turns, and hands back its figures. Ends with 0 also when a figure is below its
 * target.
 */
import { readdirSync } from 'node:fs';
import { availableParallelism, cpus } from 'node:os';
import { startLoad } from './load/client.ts';
import { type Options, readOptions, rowsOf, usage } from './options.ts';
import { type Line, table } from './report.ts';
import type { Bench, Row } from './row.ts';
import { deadlineOf } from './time.ts';

const say = (line: string): void => void process.stdout.write(`${line}\n`);
const known = readdirSync(new URL('./rows/', import.meta.url))
  .filter((file) => file.endsWith('.ts') && !file.endsWith('.spec.ts'))
  .map((file) => file.slice(0, -'.ts'.length))
  .sort();

async function main(): Promise<void> {
  const options = optionsOrUsage();
  if (!options) return;
  say(`Node ${process.version}, ${availableParallelism()} × ${cpus()[0]?.model ?? 'unknown'}`);
  if (options.profile) process.env['NODE_OPTIONS'] = `--cpu-prof --cpu-prof-dir=${JSON.stringify(options.profile)}`;
  const lines: Line[] = [];
  const rows = rowsOf(options, known);
  const end = performance.now() + options.minutes * 60_000;
  for (const [index, name] of rows.entries()) {
    const { row } = (await import(`./rows/${name}.ts`)) as { row: Row };
    say(`\n== ${name}: ${row.about}`);
    const stops: Parameters<Bench['after']>[0][] = [];
    let failed = true;
    const load = startLoad(say);
    const deadline = deadlineOf(performance.now(), end, rows.length - index);
    const bench: Bench = { options, deadline, load, say, after: (stop) => void stops.push(stop) };
    bench.after(() => load.stop());
    try {
      lines.push(...(await row.run(bench)).map((finding) => ({ row: name, ...finding })));
      failed = false;
    } finally {
      for (const stop of stops.toReversed()) await stop(failed);
    }
  }
  say(`\n${table(lines)}`);
}

function optionsOrUsage(): Options | undefined {
  try {
    return readOptions(process.argv.slice(2), known);
  } catch (error) {
    process.stderr.write(`${String(error)}\n${usage}\n`);
    process.exitCode = 2;
    return undefined;
  }
}

await main();
