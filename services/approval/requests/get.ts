import { getInputRequest } from '@missions/contracts/approval/requests.ts';
import { Problem } from '@missions/contracts/errors.ts';
import { endpoint } from '@missions/messaging/endpoint.ts';
import { autocommit } from '@missions/persistence/transaction.ts';
import { dueBy } from '@missions/runtime/clock.ts';
import { notFound } from '../domain/respond.ts';
import { readRequest } from '../store/read-request.ts';
import { type Context, shown } from '../commands/execute-command.ts';

/** By id within the customer; of the user, and of the mission, when the caller names one. */
export const getEndpoint = ({ db, clock }: Context) =>
  endpoint(getInputRequest, async ({ caller: { customer_id, user_id }, input }) => {
    const { request } = await readRequest(autocommit(db), customer_id, input.request_id, dueBy(clock));
    const theirs =
      request !== null &&
      (user_id === null || request.user_id === user_id) &&
      (input.mission_id === undefined || request.mission_id === input.mission_id.toLowerCase());
    if (!theirs || request.status === 'withdrawn') throw new Problem('INPUT_REQUEST_NOT_FOUND', notFound);
    return { body: shown(request) };
  });
