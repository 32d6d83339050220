import { findQuestion } from '@missions/contracts/mission/requests.ts';
import { inputRequestKey } from '@missions/contracts/waits.ts';
import { type Endpoint, endpoint } from '@missions/messaging/endpoint.ts';
import { autocommit } from '@missions/persistence/transaction.ts';
import type { Context } from '../commands/execute-command.ts';
import { askedQuestion, waitForQuestion } from '../store/pending-questions.ts';

/** What the mission service knows of a question before the approval service has heard of it. */
export const questionEndpoint = ({ db }: Pick<Context, 'db'>): Endpoint =>
  endpoint(findQuestion, async ({ caller, input: { request_id, mission_id = null, content = false } }) => {
    const tx = autocommit(db);
    const id = request_id.toLowerCase();
    const found = await waitForQuestion(tx, caller, inputRequestKey(id), mission_id);
    if (!found) return { body: { wait: 'none', asked: null } };
    return { body: { wait: found.wait, asked: content ? await askedQuestion(tx, found.mission_id, id) : null } };
  });
