import { createContext, Script } from 'node:vm';

const task: { run: () => unknown } = { run: () => undefined };
const context = createContext({ task });
const script = new Script('task.run()');

/**
 * Carries out what may take forever on hostile text (a regular expression that backtracks, in a library of others) and stops it after `ms`: V8
 * leaves even a regular expression then. Only for pure functions, which may be left anywhere. Costs about 0.1 ms.
 */
export function withTimeout<T>(ms: number, run: () => T, otherwise: () => T): T {
  task.run = run;
  try {
    return script.runInContext(context, { timeout: ms }) as T;
  } catch {
    return otherwise();
  } finally {
    task.run = () => undefined;
  }
}
