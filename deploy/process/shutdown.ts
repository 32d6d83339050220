import { identify } from './process-identity.ts';
import type { ProcessSupervisor } from './process-supervisor.ts';

/**
 * A Ctrl-C may take 10 s. After this grace, a service that has not ended gets 2 s more, and then the servers get 2 s.
 */
const SERVICE_GRACE_MS = 5_500;
const PARENT_POLL_MS = 500;
/** A Ctrl-C arrives twice: from the terminal, and from npm, which forwards its own signal. */
const SAME_KEY_PRESS_MS = 1_000;

/**
 * Stops all processes in order: first the services, all at once, so that they finish their work while the servers
 * still run; then the servers. SIGINT, SIGTERM, SIGHUP (a closed terminal) and the end of npm, our parent, begin the
 * shutdown. A second signal cuts it short: this process exits, its pipes close, and supervise.sh ends the remaining
 * processes.
 */
export class Shutdown {
  readonly #say: (text: string) => void;
  readonly #services: ProcessSupervisor[] = [];
  readonly #servers: ProcessSupervisor[] = [];
  readonly #finalSteps: (() => void)[];
  #running: Promise<void> | undefined;
  #lastSignalAt = -Infinity;

  /** @param lastStep runs after every other step. */
  constructor(say: (text: string) => void, lastStep: () => void) {
    this.#say = say;
    this.#finalSteps = [lastStep];
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => this.#onSignal());
    // A write to a closed terminal fails; the error must not end this process before the shutdown is complete.
    for (const stream of [process.stdout, process.stderr]) stream.on('error', () => {});
    this.#watchParent();
  }

  addService(service: ProcessSupervisor): void {
    this.#services.push(service);
  }

  addServer(server: ProcessSupervisor): void {
    this.#servers.push(server);
  }

  /** Steps run after the servers have ended, the one that was added last first. */
  addFinalStep(step: () => void): void {
    this.#finalSteps.push(step);
  }

  /** Further calls return the promise of the first. */
  run(): Promise<void> {
    this.#running ??= (async () => {
      await Promise.all(this.#services.map((service) => service.stop(SERVICE_GRACE_MS)));
      await Promise.all(this.#servers.map((server) => server.stop()));
      for (const step of this.#finalSteps.reverse()) step();
    })();
    return this.#running;
  }

  #onSignal(): void {
    const now = performance.now();
    if (now - this.#lastSignalAt < SAME_KEY_PRESS_MS) return;
    this.#lastSignalAt = now;
    if (this.#running) {
      this.#say('Stopping at once');
      process.exit(130);
    }
    this.#say('Stopping (again to stop at once)');
    void this.run().then(() => {
      this.#say('Stopped');
      process.exit(0);
    });
  }

  /**
   * npm forwards signals, but a killed npm sends none: the only sign is that the system gives this process another
   * parent. Any other parent may end: a shell that started us in the background has done its work.
   */
  #watchParent(): void {
    const parent = process.ppid;
    if (!/\bnpm\b/.test(identify(parent)?.command ?? '')) return;
    const timer = setInterval(() => {
      if (process.ppid === parent) return;
      clearInterval(timer);
      if (!this.#running) this.#onSignal();
    }, PARENT_POLL_MS);
    timer.unref();
  }
}
