import { flushCompileCache } from 'node:module';
import { ConfigError } from './config.ts';
import { Health } from './health.ts';
import { createLogger, type Logger } from './logger.ts';

/**
 * The life of a service's process.
 *
 *     starting ──start() returned──▶ running ──SIGTERM or SIGINT──▶ stopping ──▶ exit 0
 *
 * While starting or stopping, readiness says so, and no new work is sent here. Stopping runs the `onStop` callbacks one after another in
 * reverse order: what was started last (consumers, servers) goes before what it stands on (bus, database). All of it has 10 s;
 * then, or when a callback failed, the exit code is 1. A second signal exits at once. What nobody caught ends the process with 1:
 * a process in an unknown state must not go on committing.
 */
export interface Life {
  /** At level info until `logger.level` is set from the configuration. */
  logger: Logger;
  health: Health;
  /** Aborted when stopping begins; for loops and long waits. */
  stopping: AbortSignal;
  /** Registers what undoes a step of the start. Callbacks run once, last registered first. */
  onStop(label: string, stop: () => Promise<void> | void): void;
}

const STOP_WITHIN_MS = 10_000;
const exitCodes = { SIGINT: 130, SIGTERM: 143 } as const;

/** Called once, by a `main.ts`. Never rejects: a failed start is logged and ends the process with 1. */
export async function runService(
  name: string,
  start: (life: Life) => Promise<void>,
  stopWithinMs = STOP_WITHIN_MS,
): Promise<void> {
  const logger = createLogger({ service: name, level: 'info' });
  const health = new Health();
  const stopping = new AbortController();
  const steps: Step[] = [];
  health.add('service', () => {
    throw new Error('starting');
  });

  const fatal = (error: unknown, what: string) => {
    logger.fatal(
      error instanceof ConfigError ? {} : { err: error },
      error instanceof ConfigError ? error.message : what,
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
    // Not waiting for a start that may hang on a server that is away: what it has registered so far is undone, and it ends with us.
    const clean = await undo(steps, logger);
    clearTimeout(deadline);
    logger.info('stopped');
    process.exit(clean ? 0 : 1);
  };
  process.on('SIGTERM', (signal) => void stop(signal as 'SIGTERM'));
  process.on('SIGINT', (signal) => void stop(signal as 'SIGINT'));

  const life: Life = {
    logger,
    health,
    stopping: stopping.signal,
    onStop: (label, fn) => void steps.push({ label, stop: fn }),
  };
  try {
    await start(life);
  } catch (error) {
    // Stopped while starting: what the start was waiting for has been taken from it.
    if (!stopping.signal.aborted) fatal(error, 'cannot start');
  }
  if (stopping.signal.aborted) return;
  // Where compiled code is kept (NODE_COMPILE_CACHE), Node writes it at the exit: after a first start that took a busy machine seconds of its stop.
  flushCompileCache();
  health.remove('service');
  logger.info('started');
}

interface Step {
  label: string;
  stop: () => Promise<void> | void;
}

async function undo(steps: Step[], logger: Logger): Promise<boolean> {
  let clean = true;
  for (let step = steps.at(-1); step; step = steps.at(-1)) {
    try {
      await step.stop();
    } catch (error) {
      clean = false;
      logger.error({ err: error }, `could not stop: ${step.label}`);
    }
    steps.splice(steps.indexOf(step), 1);
  }
  return clean;
}
