import { consumers } from '@missions/contracts/consumers.ts';
import type { EventEnvelope } from '@missions/contracts/event.ts';
import { runSubjects } from '@missions/contracts/scheduler/run-events.ts';
import { MAX_WAIT_SECONDS } from '@missions/contracts/scheduler/runs.ts';
import type { Bus } from '@missions/messaging/bus.ts';
import { databaseProblem } from '@missions/persistence/error-mapping.ts';
import { defineService, type Job, type ServiceContext } from '@missions/service-kit/service.ts';
import { schedulerConfig } from './config.ts';
import type { RunsContext } from './runs/context.ts';
import { startDispatcher } from './runs/jobs/dispatch.ts';
import { startRunPurge } from './runs/jobs/purge.ts';
import { startSwitchingOff } from './runs/jobs/switch-off.ts';
import { startPushing } from './runs/push/push.ts';
import { operateRunsEndpoints } from './runs/requests/operate.ts';
import { limitEndpoints } from './runs/requests/limits.ts';
import { LongPolls } from './runs/requests/long-poll.ts';
import {
  claimEndpoint,
  finishEndpoint,
  heartbeatEndpoint,
  leaseLossEndpoint,
  listRunsEndpoint,
  returnRunEndpoint,
  switchedOffEndpoint,
  withdrawClaimEndpoint,
} from './runs/requests/runs.ts';
import { stopEndpoints } from './runs/requests/stop.ts';
import { missionEvents } from './runs/subscriptions/mission-projection.ts';
import { schedulerEntities } from './store/entities.ts';
import { measureScheduler } from './store/measure.ts';
import { schedulerMigrations } from './store/migrations.ts';
import { startTimerFiring } from './timers/jobs/fire-timers.ts';
import { startTimerPurge } from './timers/jobs/purge.ts';
import { operateTimersEndpoints } from './timers/requests/operate.ts';
import { timerChanges } from './timers/subscriptions/timer-changes.ts';

/** Durable timers, and autonomous runs (specification sections 3.7 and 8). */
export const scheduler = defineService({
  name: 'scheduler',
  config: schedulerConfig,
  database: { entities: schedulerEntities, migrations: schedulerMigrations },
  streams: ['SCHEDULER'],
  context: startLoops,
  endpoints: (context) => [
    heartbeatEndpoint(context),
    finishEndpoint(context),
    listRunsEndpoint(context),
    returnRunEndpoint(context),
    leaseLossEndpoint(context),
    switchedOffEndpoint(context),
    withdrawClaimEndpoint(context.longPolls),
    ...stopEndpoints(context),
    ...limitEndpoints(context),
    ...operateRunsEndpoints(context),
    ...operateTimersEndpoints(context),
  ],
  subscriptions: (context) => [
    { stream: 'SCHEDULER', subjects: consumers.scheduler.SCHEDULER, ...inBatches(timerChanges(context)) },
    { stream: 'MISSION', subjects: consumers.scheduler.MISSION, ...inBatches(missionEvents(context)) },
  ],
  jobs: (context) => [startTimerPurge(context), startRunPurge(context), serveClaims(context)],
  measure: measureScheduler,
});

interface SchedulerContext extends RunsContext {
  readonly bus: Bus;
  readonly longPolls: LongPolls;
  /** Timers were committed, the first of which is due then (milliseconds since 1970). */
  readonly timersStored: (earliest: number) => void;
}

/** Starts the loops that requests and subscriptions wake: the firing of timers, the dispatcher of runs, and pushing. */
function startLoops(base: ServiceContext<ReturnType<typeof schedulerConfig>>): SchedulerContext {
  const { config, db, bus, clock, logger, health, admit, onStop } = base;
  const isOutboxFull = (): boolean => {
    try {
      admit();
      return false;
    } catch {
      return true;
    }
  };
  const firing = startTimerFiring({ db, clock, logger, isOutboxFull });
  onStop('firing of timers', () => firing.stop());
  health.add('timers', () => firing.check());

  const longPolls = new LongPolls();
  let wakePushing = (): void => {};
  const shared = {
    db,
    clock,
    logger,
    request: bus.request.bind(bus),
    maxClaimedPerCustomer: config.runsPerCustomer,
    admit,
    runAvailable: (customerId: string): void => {
      longPolls.wake(customerId);
      wakePushing();
    },
    runsAvailable: (): void => {
      longPolls.wakeAll();
      wakePushing();
    },
  };
  const dispatcher = startDispatcher({ ...shared, isOutboxFull });
  onStop('dispatcher', () => dispatcher.stop());
  health.add('runs', () => dispatcher.check());
  const context = { ...shared, bus, longPolls, wakeDispatcher: dispatcher.wake, timersStored: firing.wakeFor };

  const switchingOff = startSwitchingOff(context);
  onStop('ending of runs that a kill switch stops', () => switchingOff.stop());

  if (config.push) {
    const pushing = startPushing(context, config.push);
    wakePushing = pushing.wake;
    onStop('pushing', () => pushing.stop());
  }
  // A run that another replica dispatches, and the place that a run leaves which ends there: its relay publishes the
  // event, which every replica sees on its way to the stream.
  for (const subject of [runSubjects.requested, runSubjects.finished]) {
    const unsubscribe = bus.subscribe(subject, ({ body }) => {
      const customer = customerIn(body);
      if (customer !== undefined) context.runAvailable(customer);
    });
    onStop(`runs of other replicas: ${subject}`, unsubscribe);
  }
  return context;
}

const inBatches = (handle: (events: readonly EventEnvelope[]) => Promise<void>) => ({
  handleBatch: handle,
  handleOne: (event: EventEnvelope) => handle([event]),
});

/** Claims that may wait at the same time; each costs a timer. */
const WAITING_CLAIMS = 2_000;

/**
 * Claims are served apart from the other requests: they wait for up to a minute, and would keep heartbeats from being
 * served.
 */
async function serveClaims(context: SchedulerContext): Promise<Job> {
  const { bus, longPolls } = context;
  const claims = await bus.serve('scheduler', [claimEndpoint(context, longPolls)], {
    classify: databaseProblem,
    concurrency: WAITING_CLAIMS,
  });
  return {
    name: `claims, which wait ${MAX_WAIT_SECONDS} s at most`,
    async stop() {
      longPolls.close();
      await claims.stop();
    },
  };
}

function customerIn(body: string): string | undefined {
  try {
    const { customer_id } = JSON.parse(body) as { customer_id?: unknown };
    return typeof customer_id === 'string' ? customer_id : undefined;
  } catch {
    return undefined;
  }
}
