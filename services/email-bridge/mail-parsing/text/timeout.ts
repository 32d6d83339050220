import { createContext, Script } from 'node:vm';

const task: { run: () => unknown } = { run: () => undefined };
const context = createContext({ task });
const script = new Script('task.run()');

/**
 * Runs a function that may never end on hostile text (e.g. a library's regular expression that backtracks) and aborts
 * the run after `ms`: V8 interrupts even a regular expression. Only for pure functions, because the run may be aborted
 * at any point. Costs about 0.1 ms per call.
 *
 * @returns the result of `fallback` if `run` is aborted or throws.
 */
export function withTimeout<T>(ms: number, run: () => T, fallback: () => T): T {
  task.run = run;
  try {
    return script.runInContext(context, { timeout: ms }) as T;
  } catch {
    return fallback();
  } finally {
    task.run = () => undefined;
  }
}
