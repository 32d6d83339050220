/**
 * `node contender.ts product|dbos|restate <settings as JSON>`, forked: carries out orders that come over IPC, one at a
 * time. A process of its own for each contender, because the peers run their users' code in it.
 */
import { dbosFlow, type DbosSettings } from './dbos-flow.ts';
import type { Flow, PhaseOrder, Report } from './order.ts';
import { Performer } from './perform.ts';
import { productFlow, type ProductSettings } from './product-flow.ts';
import { restateFlow, type RestateSettings } from './restate-flow.ts';

const flows: Record<string, (settings: any) => Promise<Flow>> = {
  product: (settings: ProductSettings) => productFlow(settings),
  dbos: (settings: DbosSettings) => dbosFlow(settings),
  restate: (settings: RestateSettings) => restateFlow(settings),
};

const report = (message: Report): void => void process.send?.(message);
const fail = (error: unknown): void => {
  process.send?.({ failed: error instanceof Error ? (error.stack ?? error.message) : String(error) }, () =>
    process.exit(1),
  );
};

async function main(): Promise<void> {
  const [, , kind = '', settings = '{}'] = process.argv;
  const open = flows[kind];
  if (!open) throw new Error(`no such contender: ${kind}; there are ${Object.keys(flows).join(', ')}`);
  const performer = new Performer(await open(JSON.parse(settings)));
  process.on('message', (order: PhaseOrder) => void performer.perform(order).then(report, fail));
  report({ ready: true });
}

process.on('disconnect', () => process.exit(0));
process.on('uncaughtException', fail);
await main().catch(fail);
