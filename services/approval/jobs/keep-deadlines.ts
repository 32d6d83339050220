import { autocommit, transaction, type Tx } from '@missions/persistence/transaction.ts';
import { dueBy } from '@missions/runtime/clock.ts';
import { type DuePoller, startDuePoller } from '@missions/runtime/due-poller.ts';
import type { Job } from '@missions/service-kit/service.ts';
import { type Context, executeCommand } from '../commands/execute-command.ts';
import { type DueRequest, lockDueRequests, nextDue, passOverDue } from '../store/due-requests.ts';

/** Requests per transaction. */
const BATCH = 64;
const POLL_MS = 1_000;

/**
 * Reminds users and ends requests when it is time to. A deadline that is set and cancelled by events costs two events,
 * and two writes of the scheduler, for each question: a column and this look at its index cost none.
 */
export function startKeepingDeadlines(context: Context): Job {
  const { db, clock, logger, admit, onDueStored } = context;
  const name = 'deadlines';
  const isOutboxFull = (): boolean => {
    try {
      admit();
      return false;
    } catch {
      return true;
    }
  };
  const poller: DuePoller = startDuePoller({
    name,
    clock,
    logger,
    pollMs: POLL_MS,
    isOutboxFull,
    next: () => nextDue(autocommit(db), dueBy(clock)),
    work: () => endDue(context),
  });
  const unsubscribe = onDueStored((dueAt) => poller.wakeFor(dueAt));
  return {
    name,
    check: () => poller.check(),
    async stop() {
      unsubscribe();
      await poller.stop();
    },
  };
}

/**
 * Takes the next steps of the requests that are due, all in one transaction. If one of them fails, each is taken by
 * itself, so that it holds up no other.
 * @returns how many there were.
 */
async function endDue(context: Context): Promise<number> {
  try {
    return await takeSteps(context, { limit: BATCH, except: [] });
  } catch (error) {
    context.logger.warn({ err: error }, 'a step of an input request failed; the others are taken by themselves');
    return await takeOneByOne(context);
  }
}

async function takeOneByOne(context: Context): Promise<number> {
  const failed: string[] = [];
  let failure: unknown;
  for (let taken = 0; taken < BATCH; taken++) {
    let current = '';
    try {
      const some = await takeSteps(context, { limit: 1, except: failed }, ({ id }) => (current = id));
      if (some === 0) break;
    } catch (error) {
      if (current === '') throw error;
      failed.push(current);
      failure = error;
    }
  }
  if (failed.length > 0) throw failure;
  return BATCH;
}

const takeSteps = (
  context: Context,
  which: Parameters<typeof lockDueRequests>[2],
  begin: (due: DueRequest) => void = () => {},
): Promise<number> =>
  transaction(context.db, async (tx) => {
    const due = await lockDueRequests(tx, dueBy(context.clock), which);
    for (const request of due) {
      begin(request);
      await takeStep(tx, context, request);
    }
    return due.length;
  });

async function takeStep(tx: Tx, context: Context, due: DueRequest): Promise<void> {
  const { customer_id, id, step } = due;
  const type = step === 'remind' ? 'Remind' : 'Expire';
  const { decision } = await executeCommand(tx, context, { customer_id, id, command: (at) => ({ type, at }) });
  if (decision.kind === 'ignored') await passOverDue(tx, due);
}
