import { flushCompileCache } from 'node:module';
import { ConfigError } from './config.ts';
import { Health } from './health.ts';
import { createLogger, type Logger } from './logger.ts';

/**
 * The lifecycle of a service's process.
 *
 *     starting ──start() returned──▶ running ──SIGTERM or SIGINT──▶ stopping ──▶ exit 0
 *
 * While starting or stopping, the process is not ready, so that no new work is sent to it. Stopping runs the `onStop`
 * callbacks one after another in reverse order: consumers and servers, which were started last, stop before the bus and
 * the database that they use. All callbacks together have 10 s; after that, or if one failed, the exit code is 1. A
 * second signal exits at once. An uncaught error ends the process with 1, because a process in an unknown state must
 * not go on committing.
 */
export interface ServiceLifecycle {
  /** At level info until `logger.level` is set from the configuration. */
  logger: Logger;
  health: Health;
  /** Aborted when the stop begins; for loops and long waits. */
  stopping: AbortSignal;
  /** Registers a callback that undoes a step of the start. Callbacks run once, last registered first. */
  onStop(label: string, stop: () => Promise<void> | void): void;
}

const STOP_WITHIN_MS = 10_000;
const exitCodes = { SIGINT: 130, SIGTERM: 143 } as const;

/** Call it once, in a `main.ts`. Never rejects: a failed start is logged and ends the process with 1. */
export async function runService(
  name: string,
  start: (life: ServiceLifecycle) => Promise<void>,
  stopWithinMs = STOP_WITHIN_MS,
): Promise<void> {
  const logger = createLogger({ service: name, level: 'info' });
  const health = new Health();
  const stopping = new AbortController();
  const steps: StopStep[] = [];
  health.add('service', () => {
    throw new Error('starting');
  });

  const fatal = (error: unknown, message: string) => {
    logger.fatal(
      error instanceof ConfigError ? {} : { err: error },
      error instanceof ConfigError ? error.message : message,
    );
    process.exit(1);
  };
  process.on('uncaughtException', (error) => fatal(error, 'uncaught exception'));
  process.on('unhandledRejection', (error) => fatal(error, 'unhandled rejection'));

  const stop = async (signal: keyof typeof exitCodes) => {
    if (stopping.signal.aborted) {
      logger.warn(`${signal} again: exiting at once`);
      process.exit(exitCodes[signal]);
    }
    logger.info(`${signal}: stopping`);
    stopping.abort();
    health.add('service', () => {
      throw new Error('stopping');
    });
    const deadline = setTimeout(() => {
      logger.error({ unfinished: steps.map((step) => step.label) }, `not stopped within ${stopWithinMs} ms`);
      process.exit(1);
    }, stopWithinMs);
    // Does not wait for the start, which may hang on a server that is down: the steps registered so far are undone.
    const succeeded = await undo(steps, logger);
    clearTimeout(deadline);
    logger.info('stopped');
    process.exit(succeeded ? 0 : 1);
  };
  process.on('SIGTERM', (signal) => void stop(signal as 'SIGTERM'));
  process.on('SIGINT', (signal) => void stop(signal as 'SIGINT'));

  const life: ServiceLifecycle = {
    logger,
    health,
    stopping: stopping.signal,
    onStop: (label, fn) => void steps.push({ label, stop: fn }),
  };
  try {
    await start(life);
  } catch (error) {
    // The start fails as a consequence if the service is stopped meanwhile.
    if (!stopping.signal.aborted) fatal(error, 'cannot start');
  }
  if (stopping.signal.aborted) return;
  // With NODE_COMPILE_CACHE Node would write the compiled code at exit, which after a first start took a busy machine
  // seconds of its time to stop.
  flushCompileCache();
  health.remove('service');
  logger.info('started');
}

interface StopStep {
  label: string;
  stop: () => Promise<void> | void;
}

async function undo(steps: StopStep[], logger: Logger): Promise<boolean> {
  let succeeded = true;
  for (let step = steps.at(-1); step; step = steps.at(-1)) {
    try {
      await step.stop();
    } catch (error) {
      succeeded = false;
      logger.error({ err: error }, `could not stop: ${step.label}`);
    }
    steps.splice(steps.indexOf(step), 1);
  }
  return succeeded;
}
