import { Problem } from '@missions/contracts/errors.ts';
import { burnAction, openAction } from '@missions/contracts/notifier/requests.ts';
import { type Endpoint, endpoint } from '@missions/messaging/endpoint.ts';
import { autocommit } from '@missions/persistence/transaction.ts';
import { hashOfActionToken } from '../commands/action-link.ts';
import type { Context } from '../commands/context.ts';
import { burnActionLinks, findActionLink } from '../store/action-links.ts';

/** By the address in a mail: who has the mail may decide that one question, and nothing else. */
export const actionEndpoints = ({ db, clock }: Context): Endpoint[] => [
  endpoint(openAction, async ({ input: { token } }) => {
    const link = await findActionLink(autocommit(db), hashOfActionToken(token), clock.now());
    if (!link)
      throw new Problem('NOT_FOUND', 'This link decides nothing, or no longer: open the question on the page.');
    const { customer_id, user_id, request_id, is_used } = link;
    return { body: { customer_id, user_id, request_id, is_used } };
  }),
  endpoint(burnAction, async ({ input: { token } }) => {
    await burnActionLinks(autocommit(db), hashOfActionToken(token), clock.now());
    return { body: {} };
  }),
];
