import { readConfig, string } from './config.ts';
import { type ServiceLifecycle, runService } from './lifecycle.ts';

/** A service for lifecycle.spec.ts, whose first argument says how it behaves when it starts and stops. */
const behaviour = process.argv[2];
const STOP_WITHIN_MS = 500;

const start = async (life: ServiceLifecycle): Promise<void> => {
  const step = (label: string, stop: () => Promise<void> | void = () => undefined) =>
    life.onStop(label, async () => {
      const { ready, checks } = await life.health.report();
      life.logger.info({ ready, checks }, `stops ${label}`);
      await stop();
    });
  // Keeps the process running, as a pool or a connection would.
  const timer = setInterval(() => undefined, 60_000);
  step('database', () => clearInterval(timer));
  if (behaviour === 'fails-to-start') throw new Error('no database at postgres://u:s3cret@h');
  if (behaviour === 'misconfigured') readConfig({}, { one: string('ONE'), two: string('TWO') });
  if (behaviour === 'hangs-at-start') {
    life.logger.info('waiting');
    await new Promise(() => undefined);
  }
  step('consumer', () => {
    if (behaviour === 'fails-to-stop') throw new Error('cannot drain');
    return behaviour === 'hangs' ? new Promise<void>(() => undefined) : Promise.resolve();
  });
  if (behaviour === 'rejects') void Promise.reject(new Error('nobody caught this'));
  if (behaviour === 'throws') setImmediate(() => JSON.parse('nobody caught this'));
};

await runService('sample', start, STOP_WITHIN_MS);
