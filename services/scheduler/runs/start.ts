import { everyMissionSubject, runSubjects } from '@missions/contracts/scheduler/run-events.ts';
import { MAX_WAIT_SECONDS } from '@missions/contracts/scheduler/runs.ts';
import type { Bus } from '@missions/messaging/bus.ts';
import { databaseProblem } from '@missions/persistence/error-mapping.ts';
import type { Health } from '@missions/runtime/health.ts';
import type { Life } from '@missions/runtime/lifecycle.ts';
import { claimEndpoint } from './requests/runs.ts';
import type { RunsContext } from './context.ts';
import { startDispatching } from './jobs/dispatch.ts';
import { finishEndpoint, heartbeatEndpoint, listRunsEndpoint } from './commands/finish-run.ts';
import { missionEvents } from './subscriptions/mission-projection.ts';
import { startRunPurge } from './jobs/purge.ts';
import { LongPolls } from './requests/long-poll.ts';

export interface RunsOptions extends Pick<RunsContext, 'db' | 'clock' | 'logger' | 'perCustomer' | 'admit'> {
  readonly bus: Bus;
  readonly health: Health;
  readonly onStop: Life['onStop'];
  readonly isFull: () => boolean;
  readonly stored: (earliest: number) => void;
  /** Begins to bring runs to the agent's URL; undefined: they are pulled only. */
  readonly startPushing: ((context: RunsContext) => Pushing) | undefined;
}

export interface Pushing {
  /** Something may be pushed. */
  wake(): void;
  /** Ends when what is under way has been answered, or has run out of time. */
  stop(): Promise<void>;
}

/** So many claims may wait at once; each costs a timer. */
const WAITING_CLAIMS = 2_000;

/** Wires everything about runs together; what is started first is stopped last. */
export async function startRuns({
  bus,
  health,
  onStop,
  isFull,
  stored,
  startPushing,
  ...given
}: RunsOptions): Promise<void> {
  const { db, clock, logger } = given;
  const waiters = new LongPolls();
  let pushRuns = (): void => {};
  const offered = (customerId: string): void => {
    waiters.wake(customerId);
    pushRuns();
  };
  const ask = bus.request.bind(bus);
  const dispatching = startDispatching({ ...given, ask, offered, isFull });
  onStop('dispatching', () => dispatching.stop());
  health.add('runs', () => dispatching.check());
  const context: RunsContext = { ...given, ask, offered, wake: dispatching.wake };

  if (startPushing) {
    const pushing = startPushing(context);
    pushRuns = pushing.wake;
    onStop('pushing', () => pushing.stop());
  }
  const upkeep = startRunPurge({ db, clock, logger });
  onStop('upkeep of runs', () => upkeep.stop());

  const handle = missionEvents({ db, clock, wake: dispatching.wake, stored });
  const consumption = await bus.consume({
    stream: 'MISSION',
    service: 'scheduler',
    subjects: [everyMissionSubject],
    handleBatch: handle,
    handleOne: (event) => handle([event]),
    classify: databaseProblem,
  });
  onStop('events of missions', () => consumption.stop());

  // What another copy dispatched: its relay's event passes here too.
  const untap = bus.subscribe(runSubjects.requested, ({ body }) => {
    const customer = customerIn(body);
    if (customer !== undefined) offered(customer);
  });
  onStop('offers of other copies', untap);

  // Apart, because claims wait for up to a minute, and would keep heartbeats from being heard.
  const requests = await bus.serve(
    'scheduler',
    [heartbeatEndpoint(context), finishEndpoint(context), listRunsEndpoint(context)],
    { classify: databaseProblem },
  );
  onStop('requests', () => requests.stop());
  const claims = await bus.serve('scheduler', [claimEndpoint(context, waiters)], {
    classify: databaseProblem,
    concurrency: WAITING_CLAIMS,
  });
  onStop(`claims, which wait ${MAX_WAIT_SECONDS} s at most`, async () => {
    waiters.close();
    await claims.stop();
  });
}

function customerIn(body: string): string | undefined {
  try {
    const { customer_id } = JSON.parse(body) as { customer_id?: unknown };
    return typeof customer_id === 'string' ? customer_id : undefined;
  } catch {
    return undefined;
  }
}
