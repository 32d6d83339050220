import { identify } from './process-identity.ts';
import type { ProcessSupervisor } from './process-supervisor.ts';

/** With what follows it, less than the 10 s that Ctrl-C has: 2 s for a service that does not leave, 2 for the servers. */
const SERVICE_GRACE_MS = 5_500;
const PARENT_LOOK_MS = 500;
/** A Ctrl-C reaches us from the terminal and again from npm, which hands on what it got itself: one press, two signals. */
const SAME_PRESS_MS = 1_000;

/**
 * Ends everything in order: services first, at once, so that they finish what they hold on servers that are still there; then the
 * servers. Begun by SIGINT, SIGTERM, SIGHUP (a closed terminal), or when npm, which started us, is gone. A second press stops
 * waiting: this process exits, and the pipes that close with it end the rest.
 */
export class Shutdown {
  readonly #say: (text: string) => void;
  readonly #services: ProcessSupervisor[] = [];
  readonly #servers: ProcessSupervisor[] = [];
  readonly #last: (() => void)[];
  #running: Promise<void> | undefined;
  #pressed = -Infinity;

  constructor(say: (text: string) => void, last: () => void) {
    this.#say = say;
    this.#last = [last];
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => this.#signalled());
    // Writing to a terminal that was closed must not be what ends us.
    for (const stream of [process.stdout, process.stderr]) stream.on('error', () => {});
    this.#watchParent();
  }

  first(service: ProcessSupervisor): void {
    this.#services.push(service);
  }

  afterServices<T>(server: ProcessSupervisor, started: Promise<T>): Promise<T> {
    this.#servers.push(server);
    return started;
  }

  atTheEnd(step: () => void): void {
    this.#last.push(step);
  }

  /** Once, however often it is called. */
  run(): Promise<void> {
    this.#running ??= (async () => {
      await Promise.all(this.#services.map((service) => service.stop(SERVICE_GRACE_MS)));
      await Promise.all(this.#servers.map((server) => server.stop()));
      for (const step of this.#last.reverse()) step();
    })();
    return this.#running;
  }

  #signalled(): void {
    const now = performance.now();
    if (now - this.#pressed < SAME_PRESS_MS) return;
    this.#pressed = now;
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
   * npm hands signals on, but when it is killed nobody tells us: the system gives us another parent. Any other parent
   * may leave: a shell that started us in the background has done its part.
   */
  #watchParent(): void {
    const parent = process.ppid;
    if (!/\bnpm\b/.test(identify(parent)?.command ?? '')) return;
    const looking = setInterval(() => {
      if (process.ppid === parent) return;
      clearInterval(looking);
      if (!this.#running) this.#signalled();
    }, PARENT_LOOK_MS);
    looking.unref();
  }
}
