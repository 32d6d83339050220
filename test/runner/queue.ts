import { nameOf } from './spec-files.ts';

/**
 * Seconds that the long files take on a quiet two-core machine, roughly. Only the order depends on them: the longest
 * come first, so that no process is left alone with a long file at the end. A file that is missing here counts as
 * `DEFAULT_SECONDS`; a name may be a folder's.
 */
const SECONDS: readonly (readonly [prefix: string, seconds: number])[] = [
  ['test/chaos/two-copies.spec.ts', 80],
  ['test/e2e/start.spec.ts', 75],
  ['test/chaos/one-by-one.spec.ts', 60],
  ['test/e2e/agent-start.spec.ts', 50],
  ['test/integration/agent-runs.spec.ts', 50],
  ['test/chaos/input-requests.spec.ts', 40],
  ['test/chaos/mail.spec.ts', 40],
  ['test/chaos/fault-injection.spec.ts', 40],
  ['test/browser/states.spec.ts', 40],
  ['test/e2e/', 35],
  ['test/integration/input-requests-races.spec.ts', 35],
  ['services/mission/requests/full-mission.spec.ts', 30],
  ['services/scheduler/runs/day.spec.ts', 30],
  ['services/scheduler/runs/turns.spec.ts', 30],
  ['services/scheduler/runs/push/push.spec.ts', 30],
  ['test/chaos/notices.spec.ts', 30],
  ['test/contract/gateway/waiting-questions.spec.ts', 30],
  ['test/integration/paused-mail.spec.ts', 20],
  ['test/integration/ready-gateway.spec.ts', 20],
  ['test/integration/service-away.spec.ts', 20],
  ['test/browser/', 20],
  ['services/email-bridge/smtp/hostile-mail.spec.ts', 20],
  ['deploy/release/packages.spec.ts', 20],
  ['services/scheduler/runs/restarts.spec.ts', 15],
  ['services/approval/requests/races.spec.ts', 15],
  ['services/mission/requests/size.spec.ts', 15],
  ['shared/agent-tools/mcp/mcp.spec.ts', 15],
  ['shared/examples/', 15],
  ['shared/messaging/connection.spec.ts', 15],
  ['test/contract/transitions/rest.spec.ts', 15],
  ['test/runner/run.spec.ts', 15],
  ['test/integration/', 10],
  ['test/support/product.spec.ts', 10],
  ['deploy/dev-servers/embedded-postgres.spec.ts', 10],
  ['services/agent/health.spec.ts', 10],
  ['services/email-bridge/', 5],
  ['services/scheduler/', 5],
  ['test/contract/gateway/', 5],
];
const DEFAULT_SECONDS = 1;

/**
 * Files of one lane never run at the same time, in whatever process. Starts of the whole launcher share its
 * well-known ports, and hold processes and times to limits that two starts at once on two cores would not keep.
 */
const LANES: readonly string[] = ['test/e2e/'];

const laneOf = (file: string): string | undefined => LANES.find((lane) => nameOf(file).startsWith(lane));
const secondsOf = (file: string): number =>
  SECONDS.find(([prefix]) => nameOf(file).startsWith(prefix))?.[1] ?? DEFAULT_SECONDS;

/** Spec files that no process has been given yet. A file is given once, whatever becomes of it. */
export class SpecQueue {
  readonly #waiting: string[];
  readonly #busyLanes = new Set<string>();

  constructor(files: readonly string[]) {
    this.#waiting = files.toSorted((one, other) => secondsOf(other) - secondsOf(one));
  }

  get length(): number {
    return this.#waiting.length;
  }

  /** The longest file whose lane is free. Undefined if there is none, though files of busy lanes may wait. */
  take(): string | undefined {
    const at = this.#waiting.findIndex((file) => !this.#busyLanes.has(laneOf(file) ?? ''));
    if (at < 0) return undefined;
    const [file] = this.#waiting.splice(at, 1) as [string];
    const lane = laneOf(file);
    if (lane !== undefined) this.#busyLanes.add(lane);
    return file;
  }

  /** Frees the lane of a file that `take` gave. */
  done(file: string): void {
    const lane = laneOf(file);
    if (lane !== undefined) this.#busyLanes.delete(lane);
  }

  clear(): void {
    this.#waiting.length = 0;
  }
}
