/**
 * Readiness: whether this process can do its work now, and if not, which checks fail. Liveness is no part of it: a
 * process that responds is alive, and restarting it while PostgreSQL is down would only lose its work in flight.
 */
export interface Readiness {
  ready: boolean;
  /** By name: `ok`, or the reason why the check fails. */
  checks: Record<string, string>;
}

export type Check = () => Promise<void> | void;

/** A check that takes longer counts as failed, so that a probe never hangs on a half-open connection. */
const CHECK_TIMEOUT_MS = 2000;

export class Health {
  readonly #checks = new Map<string, Check>();
  readonly #timeoutMs: number;

  constructor(timeoutMs = CHECK_TIMEOUT_MS) {
    this.#timeoutMs = timeoutMs;
  }

  /**
   * A check passes by returning and fails by throwing; operators see the error's message. Adding a name again replaces
   * its check.
   */
  add(name: string, check: Check): void {
    this.#checks.set(name, check);
  }

  /** Says that the start waits for it; its own check replaces this one. */
  awaiting(name: string, what: string): void {
    this.add(name, () => {
      throw new Error(`waiting for ${what}`);
    });
  }

  remove(name: string): void {
    this.#checks.delete(name);
  }

  async report(): Promise<Readiness> {
    const results = await Promise.all(
      [...this.#checks].map(async ([name, check]) => [name, await this.#result(check)] as const),
    );
    return { ready: results.every(([, result]) => result === 'ok'), checks: Object.fromEntries(results) };
  }

  async #result(check: Check): Promise<string> {
    const timedOut = Promise.withResolvers<string>();
    const timer = setTimeout(timedOut.resolve, this.#timeoutMs, `no answer within ${this.#timeoutMs} ms`);
    try {
      return await Promise.race([passed(check), timedOut.promise]);
    } catch (error) {
      return (error instanceof Error && error.message) || 'failed';
    } finally {
      clearTimeout(timer);
    }
  }
}

async function passed(check: Check): Promise<string> {
  await check();
  return 'ok';
}
