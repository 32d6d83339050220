import type { InputRequestStatus } from '@missions/contracts/approval/input-request.ts';
import { listInputRequests } from '@missions/contracts/approval/requests.ts';
import { listEmailsOfMission } from '@missions/contracts/email/requests.ts';
import type { ResumeBundle } from '@missions/contracts/mission/representation.ts';
import { callerFor, type Granted } from '../commands/claim-run.ts';
import type { RunsContext } from '../context.ts';

/** What of the context other services keep than the one that grants; it says null where there is something. */
type Kept = 'input_requests' | 'emails';
type WithGaps = Omit<ResumeBundle, Kept> & { readonly [part in Kept]?: ResumeBundle[part] | null };

export interface Pushed {
  readonly run: Granted['run'];
  readonly context: ResumeBundle;
  /** Parts of the context that could not be had in time: their lists are empty, which does not mean that there is nothing. */
  readonly missing?: readonly Kept[];
}

const decided: InputRequestStatus[] = ['pending', 'responded', 'expired'];
const MOST = 100;
/** A run is not held back for what its agent can read itself. */
const ASK_TIMEOUT_MS = 2_000;

/** The context as a claim's answer has it, which the gateway completes; whoever is pushed to has no gateway in between. */
export async function completeContext(
  { ask, logger }: Pick<RunsContext, 'ask' | 'logger'>,
  { run, context }: Granted,
): Promise<Pushed> {
  const caller = callerFor(run, run.agent_id);
  const { mission_id } = run;
  const options = { timeoutMs: ASK_TIMEOUT_MS };
  const keepers: Record<Kept, () => Promise<unknown>> = {
    input_requests: async () =>
      (await ask(listInputRequests, { caller, input: { mission_id, status: decided, limit: MOST } }, options)).json<{
        input_requests: unknown;
      }>().input_requests,
    emails: async () =>
      (await ask(listEmailsOfMission, { caller, input: { mission_id } }, options)).json<{ emails: unknown }>().emails,
  };
  const granted = context as WithGaps;
  const missing: Kept[] = [];
  const fill = async (part: Kept): Promise<[Kept, unknown]> => {
    if (granted[part] !== null) return [part, granted[part]];
    try {
      return [part, await keepers[part]()];
    } catch (error) {
      logger.warn({ err: error, run: run.id, part }, 'a run is pushed without a part of its context');
      missing.push(part);
      return [part, []];
    }
  };
  const parts = await Promise.all([fill('input_requests'), fill('emails')]);
  return {
    run,
    context: { ...context, ...Object.fromEntries(parts) } as ResumeBundle,
    ...(missing.length > 0 && { missing: missing.toSorted() }),
  };
}
