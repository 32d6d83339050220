import type {
  AskedInputRequest,
  InputRequest as Representation,
  Response,
} from '@missions/contracts/approval/input-request.ts';

/**
 * A question to a user, and where it stands (specification section 3.5):
 *
 *     (unknown) ──asked──▶ pending ──answered, or silence takes the default──▶ responded
 *         │                   ├──────deadline passed, no default────────────▶ expired
 *         │                   └──────its mission no longer waits─────────────▶ cancelled
 *         └──cancelled first──▶ withdrawn ──asked──────────────────────────────▶ cancelled
 *
 * What is not pending never changes again. `withdrawn` is the tombstone of a question whose cancellation came before it: nothing is known but
 * whose it is, and nobody is shown it.
 */
export type InputRequest = Pending | Responded | Expired | Cancelled;
export type State = InputRequest | Withdrawn | null;

interface Asked extends Readonly<AskedInputRequest> {
  /** Grows with every change; 1 is what was asked. */
  readonly version: number;
  readonly reminded_at: string | null;
}
interface Unanswered extends Asked {
  readonly response: null;
  readonly responded_at: null;
}

export interface Pending extends Unanswered {
  readonly status: 'pending';
}
export interface Responded extends Asked {
  readonly status: 'responded';
  readonly response: Response;
  readonly responded_at: string;
}
export interface Expired extends Unanswered {
  readonly status: 'expired';
}
export interface Cancelled extends Unanswered {
  readonly status: 'cancelled';
}
export interface Withdrawn {
  readonly status: 'withdrawn';
  readonly id: string;
  readonly customer_id: string;
  readonly user_id: string;
  readonly mission_id: string;
  readonly version: number;
  /** When it was cancelled. */
  readonly created_at: string;
}

/** What callers and other services are shown. */
export const representationOf = (request: InputRequest): Representation => ({
  id: request.id,
  request_id: request.id,
  customer_id: request.customer_id,
  user_id: request.user_id,
  mission_id: request.mission_id,
  task_id: request.task_id,
  conversation_id: request.conversation_id,
  prompt: request.prompt,
  options: request.options,
  allow_freeform: request.allow_freeform,
  context: request.context,
  urgency: request.urgency,
  status: request.status,
  response: request.response,
  responded_at: request.responded_at,
  expires_at: request.expires_at,
  default_option: request.default_option,
  remind_at: request.remind_at,
  created_at: request.created_at,
});
