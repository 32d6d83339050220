import type { Response } from '@missions/contracts/approval/input-request.ts';
import { truncate } from '@missions/contracts/truncate.ts';
import { bytesOf, MAX_MISSION_BYTES } from './size.ts';
import type { Json, Mission } from './state.ts';

/**
 * What a mission hears (the user's response, a signal, a reply) is never refused for its size. It is kept whole in the
 * history, and once in the result of the task that waited for it, if it fits into the mission; if not, the result has
 * its beginning and `omitted`, which says how much is missing and where it stands:
 *
 *     omitted: {freeform_text: {characters: 99500, in: 'history'}}
 */
interface Omitted {
  readonly characters: number;
  readonly in: 'history' | 'content' | 'result.response';
}
interface OmittedAction {
  readonly bytes: number;
  readonly in: 'question';
}
type HeardResponse = Response & {
  readonly omitted?: {
    readonly freeform_text?: Omitted;
    readonly edits?: OmittedAction;
    readonly effective_action?: OmittedAction;
  };
};

/** An external occurrence that was delivered to a wait (specification section 3.4). */
export interface Signal {
  /** Given by the sender, or generated. Together with customer and key the id identifies a repeated signal. */
  readonly id: string;
  readonly data: Json;
  readonly final: boolean;
  readonly received_at: string;
}

/** How a wait ended. Part of the event `mission.unblocked`. */
export type Resolution =
  | { readonly by: 'hand' | 'timeout' | 'unreachable' | 'time' }
  /** `ended_by`: the key of another wait that ended first. */
  | { readonly by: 'cancelled'; readonly ended_by?: string }
  | { readonly by: 'withdrawn'; readonly request_id: string; readonly reason: string }
  | { readonly by: 'signal'; readonly signal: Signal }
  | { readonly by: 'answer'; readonly request_id: string; readonly response: Response };

/** The beginning of a text, in UTF-16 units, that fits always: the number of open waits is limited. */
const ALWAYS_KEPT = 500;
/** A text up to here may be repeated for its readers' convenience. */
const REPEATED = 10_000;
/** A signal's data, in bytes, that fits always. */
const DATA_ALWAYS_KEPT = 1_000;

/**
 * A task's result with a response. `response`, the latest one, is whole; its entry in `responses` is whole as well
 * unless it is long, and becomes whole when a later response takes its place.
 */
export function resultWithResponse(mission: Mission, result: Json, requestId: string, response: Response): Json {
  const earlier = earlierResponses(result);
  const withBoth = (latest: HeardResponse, entry: HeardResponse): Json => ({
    ...result,
    response: latest,
    responses: { ...earlier, [requestId]: entry },
  });
  const { length } = response.freeform_text ?? '';
  if (length <= ALWAYS_KEPT && bytesOfAction(response) <= DATA_ALWAYS_KEPT) return withBoth(response, response);
  const entry = length <= REPEATED ? response : shortened(response, 'result.response');
  if (bytesOf(mission) + bytesOf([response, entry]) <= MAX_MISSION_BYTES) return withBoth(response, entry);
  const rest = withoutAction(shortened(response, 'history'));
  return withBoth(rest, rest);
}

function earlierResponses(result: Json): Record<string, HeardResponse> {
  const responses = (result['responses'] ?? {}) as Record<string, HeardResponse>;
  const latest = result['response'] as HeardResponse | undefined;
  const entries = Object.entries(responses).map(([id, one]) =>
    latest && one.omitted?.freeform_text?.in === 'result.response' ? ([id, latest] as const) : ([id, one] as const),
  );
  return Object.fromEntries(entries);
}

const bytesOfAction = ({ edits, effective_action, note }: Response): number =>
  bytesOf([edits ?? null, effective_action ?? null, note ?? '']);

/** What was approved stands in the question itself, which is read with its receipt. */
function withoutAction({ edits, effective_action, ...response }: HeardResponse): HeardResponse {
  if (!effective_action) return response;
  const of = (part: object): OmittedAction => ({ bytes: bytesOf(part), in: 'question' });
  const omitted = {
    ...response.omitted,
    ...(edits && { edits: of(edits) }),
    effective_action: of(effective_action),
  };
  return { ...response, omitted };
}

function shortened(response: Response, where: Omitted['in']): HeardResponse {
  const text = response.freeform_text ?? '';
  if (text.length <= ALWAYS_KEPT) return response;
  const begin = truncate(text, ALWAYS_KEPT);
  const omitted = { freeform_text: { characters: text.length - begin.length, in: where } };
  return { ...response, freeform_text: `${begin}…`, omitted };
}

/** A signal as the result of a task holds it. */
export function signalForResult(mission: Mission, signal: Signal): Signal & { readonly omitted?: Json } {
  const bytes = bytesOf(signal.data);
  if (bytes <= DATA_ALWAYS_KEPT || bytesOf(mission) + bytes <= MAX_MISSION_BYTES) return signal;
  const left_out = 'The mission is too large to hold what this signal said. It stands in the history.';
  return { ...signal, data: { left_out }, omitted: { data: { bytes, in: 'history' } } };
}

/** How a wait ended, as its history entry says it: the entry's content has a long response whole. */
export function resolutionForHistory(resolution: Resolution): Resolution {
  if (resolution.by !== 'answer') return resolution;
  const { response } = resolution;
  const words = (response.freeform_text ?? '').length > REPEATED ? shortened(response, 'content') : response;
  return { ...resolution, response: bytesOfAction(response) > REPEATED ? withoutAction(words) : words };
}

/** How a wait ended, as its row keeps it: what was said stands elsewhere. */
export function resolutionForBlocker(resolution: Resolution): Json {
  switch (resolution.by) {
    case 'answer':
      return { by: resolution.by, request_id: resolution.request_id };
    case 'signal': {
      const { id, final, received_at } = resolution.signal;
      return { by: resolution.by, signal: { id, final, received_at } };
    }
    default:
      return { ...resolution };
  }
}
