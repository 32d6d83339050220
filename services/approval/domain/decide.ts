import { ask, type Ask } from './ask.ts';
import { cancel, type Cancel } from './cancel.ts';
import type { Decision } from './decision.ts';
import { expire, type Expire } from './expire.ts';
import { remind, type Remind } from './remind.ts';
import { respond, type Respond } from './respond.ts';
import type { State } from './state.ts';

export type Command = Ask | Respond | Expire | Remind | Cancel;

/** A request is decided once. Times arrive in the command, as RFC 3339 in UTC with milliseconds, so that they compare as text. */
export function decide(request: State, command: Command): Decision {
  switch (command.type) {
    case 'Ask':
      return ask(request, command);
    case 'Respond':
      return respond(request, command);
    case 'Expire':
      return expire(request, command);
    case 'Remind':
      return remind(request, command);
    case 'Cancel':
      return cancel(request, command);
    default:
      return command satisfies never;
  }
}
