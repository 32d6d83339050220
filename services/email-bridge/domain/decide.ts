import { cancel, type Cancel } from './cancel.ts';
import type { Decision } from './decision.ts';
import { expire, type Expire } from './expire.ts';
import { followUp, type FollowUp } from './follow-up.ts';
import { markSent, type MarkSent } from './mark-sent.ts';
import { receive, type Receive } from './receive.ts';
import { request, type RequestEmail } from './request.ts';
import type { State } from './state.ts';

export type Command = RequestEmail | MarkSent | Receive | Expire | Cancel | FollowUp;

/** Times arrive in the command, as RFC 3339 in UTC with milliseconds, so that they compare as text. */
export function decide(email: State, command: Command): Decision {
  switch (command.type) {
    case 'Request':
      return request(email, command);
    case 'MarkSent':
      return markSent(email, command);
    case 'Receive':
      return receive(email, command);
    case 'Expire':
      return expire(email, command);
    case 'Cancel':
      return cancel(email, command);
    case 'FollowUp':
      return followUp(email, command);
    default:
      return command satisfies never;
  }
}
