import { createTools } from '@missions/agent-tools/tools.ts';
import type { MissionsClient } from '@missions/client/client.ts';
import { isCode } from '@missions/client/missions-error.ts';
import type { RunOrder } from '@missions/contracts/scheduler/runs.ts';
import type { Clock } from '@missions/runtime/clock.ts';
import type { Logger } from '@missions/runtime/logger.ts';
import { modelProblem } from '../loop/failure.ts';
import { instructions } from '../loop/instructions.ts';
import type { Limits } from '../loop/limits.ts';
import { toolSet } from '../loop/tool-set.ts';
import { work } from '../loop/work.ts';
import type { Chosen } from '../model/choose.ts';
import { callNames, chainOf } from './chain.ts';
import { fenceOf, keepLease, type Lease, LeaseLost } from './lease.ts';
import { type Granted, runMessage } from './run-message.ts';

export interface Running {
  readonly chosen: Chosen;
  /** Calls the gateway with the agent's own key. */
  readonly client: MissionsClient;
  readonly limits: Limits;
  readonly leaseSeconds: number;
  readonly clock: Clock;
  readonly logger: Logger;
}

/** The process is stopping, and has waited for the run as long as it could. */
export class GivenUp extends Error {}

/**
 * Left out in runs: the context comes with the claim, and resuming would log that a conversation continued the mission.
 */
const NOT_IN_RUNS = new Set(['mission_create', 'mission_resume']);

type Outcome = { readonly status: 'succeeded' } | { readonly status: 'failed'; readonly error: string } | undefined;

/**
 * Works a claimed run in the same loop as a chat, and finishes it. Every write is made under the run's lease. A run
 * that is given up is not finished: its lease is no longer extended and expires, and the run is offered again without
 * counting as a failure.
 */
export async function workRun(running: Running, granted: Granted, givenUp: AbortSignal): Promise<void> {
  const { client, leaseSeconds } = running;
  const { run } = granted;
  const logger = running.logger.child({ run: run.id, mission: run.mission_id });
  const own = client.for({ userId: run.user_id });
  const lease = keepLease(own, fenceOf(granted), leaseSeconds, logger);
  try {
    const signal = AbortSignal.any([lease.lost, givenUp]);
    const outcome = await outcomeOf({ ...running, client: own, logger }, granted, {
      signal,
      news: () => newsOf(lease),
    });
    // The model has ended its turn without knowing of these.
    const again = outcome?.status === 'succeeded' && lease.takeOrders().length > 0;
    if (outcome) await own.finishRun(run.id, { fence: fenceOf(granted).fence, ...outcome, ...(again && { again }) });
    logger.info({ outcome: outcome?.status ?? 'given up' }, 'the run is over');
  } catch (error) {
    // A run that ended its mission, or whose mission a person paused, has lost its lease by that.
    if (!isCode(error, 'LEASE_LOST', 'MISSION_CLOSED')) throw error;
    logger.info('the run had ended before it was finished');
  } finally {
    lease.release();
  }
}

const happened: Record<RunOrder, string> = {
  paused: 'the mission was paused',
  answered: 'something that the mission waited for has come',
  message: 'the user has written or acted',
};

/** Told with a tool's result. A call that was made before may rest on what has changed since. */
function newsOf(lease: Lease): string {
  const orders = lease.takeOrders();
  if (orders.length === 0) return '';
  return `\n\nMeanwhile ${orders.map((order) => happened[order]).join(', and ')}: read the mission with mission_get before you go on.`;
}

interface During {
  readonly signal: AbortSignal;
  readonly news: () => string;
}

async function outcomeOf(
  { chosen, client, limits, clock, logger }: Running,
  granted: Granted,
  { signal, news }: During,
): Promise<Outcome> {
  const { run } = granted;
  try {
    const chain = await chainOf(client, granted, signal);
    // Named by the chain and not by the run: a call that the next attempt repeats must be byte-identical.
    const tools = createTools({ client, userId: run.user_id, conversationId: `run:${chain}`, run: fenceOf(granted) });
    const { steps, stopped, usage, reply } = await work({
      model: chosen.model,
      instructions: instructions({ now: clock.now(), userId: run.user_id }),
      messages: [{ role: 'user', content: runMessage(granted) }],
      tools: toolSet(tools, { offers: ({ name }) => !NOT_IN_RUNS.has(name), named: callNames(chain), news }),
      limits,
      signal,
    });
    logger.info({ steps, stopped, ...usage }, 'worked a run');
    return stopped ? { status: 'failed', error: reply.slice(-500) } : { status: 'succeeded' };
  } catch (error) {
    if (error instanceof GivenUp || error instanceof LeaseLost) return undefined;
    const problem = modelProblem(error);
    if (problem) logger.warn({ reason: (error as Error).message }, 'the model failed');
    else logger.error({ err: error }, 'the run failed');
    return { status: 'failed', error: problem?.detail ?? 'The agent failed unexpectedly; its log says why.' };
  }
}
