import { noteSeen, reachUser } from '@missions/contracts/notifier/requests.ts';
import { type Endpoint, endpoint } from '@missions/messaging/endpoint.ts';
import { autocommit } from '@missions/persistence/transaction.ts';
import type { Context } from '../commands/context.ts';
import { reachOf } from '../domain/ladder.ts';
import { questionId, sharedQuestionId } from '../domain/subject.ts';
import { readPerson, wishesOf } from '../store/people.ts';
import { markSeen } from '../store/subjects.ts';
import { userOf } from './caller.ts';

export const questionEndpoints = (context: Context): Endpoint[] => [reach(context), seen(context)];

const reach = ({ db }: Context) =>
  endpoint(reachUser, async ({ caller }) => ({
    body: { channels: reachOf(wishesOf(await readPerson(autocommit(db), userOf(caller)))) },
  }));

/** What was seen is asked of the ladder again: its plan is another one. */
const seen = ({ db, clock, dueStored }: Context) =>
  endpoint(noteSeen, async ({ caller, input: { request_ids } }) => {
    const now = clock.now();
    const user = userOf(caller);
    const ids = request_ids.flatMap((id) => [questionId(id), sharedQuestionId(id, user.user_id)]);
    const found = await markSeen(autocommit(db), user, ids, now);
    if (found) dueStored(now.getTime());
    return { body: {} };
  });
