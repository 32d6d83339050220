import { markToldByAgent, readWaiting } from '@missions/contracts/notifier/requests.ts';
import { type Endpoint, endpoint } from '@missions/messaging/endpoint.ts';
import { autocommit } from '@missions/persistence/transaction.ts';
import type { Context } from '../commands/context.ts';
import { isStillTrue, waitingOf } from '../domain/compose.ts';
import { markAgentTold, untoldSubjects } from '../store/agents-told.ts';
import { isKnown } from '../store/subjects.ts';
import { userOf } from './caller.ts';

const MOST = 50;

/** What waits for a user, for an agent that chats with them. */
export const waitingEndpoints = (context: Context): Endpoint[] => [waiting(context), told(context)];

const waiting = ({ db, clock }: Context) =>
  endpoint(readWaiting, async ({ caller }) => {
    const now = clock.now().getTime();
    const known = (await untoldSubjects(autocommit(db), userOf(caller), now, MOST)).filter(isKnown);
    const still = known.filter((one) => (['tell', 'outcome'] as const).some((step) => isStillTrue(one, { step }, now)));
    return { body: { notifications: still.map(waitingOf) } };
  });

const told = ({ db, clock }: Context) =>
  endpoint(markToldByAgent, async ({ caller, input: { ids } }) => ({
    body: {
      ids: await markAgentTold(
        autocommit(db),
        userOf(caller),
        ids.map((id) => id.toLowerCase()),
        clock.now(),
      ),
    },
  }));
