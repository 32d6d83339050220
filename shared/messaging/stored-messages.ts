import type { ApiError } from 'nats';
import type { StreamName } from '@missions/contracts/subjects.ts';
import type { Connection } from './connection.ts';
import { streamProblem } from './errors.ts';
import { headersOf, names } from './headers.ts';

/** What tells one storage of a stream from another. */
export interface StreamIdentity {
  /** When the stream was made, RFC 3339 with nanoseconds: another text is another stream of the same name. */
  created: string;
  /** Sequence of the oldest stored message, or one above `lastSeq` while none is stored. */
  firstSeq: number;
  /** Sequence of the newest message that was ever stored; 0 in a new stream. */
  lastSeq: number;
}

const TIMEOUT_MS = 5_000;

/** ADR-1 "JetStream JSON API Design", `io.nats.jetstream.api.v1.stream_info_response`. */
interface StreamInfo {
  created: string;
  state: { first_seq: number; last_seq: number };
  error?: ApiError;
}

/** Undefined if the stream does not exist. @throws Problem UNAVAILABLE, TIMEOUT */
export async function identityOfStream(
  connection: Connection,
  stream: StreamName,
): Promise<StreamIdentity | undefined> {
  const subject = `$JS.API.STREAM.INFO.${stream}`;
  const { error, created, state } = (
    await connection.requests.request(subject, '', { timeoutMs: TIMEOUT_MS })
  ).json<StreamInfo>();
  if (error?.code === 404) return undefined;
  if (error) throw streamProblem(error, subject);
  return { created, firstSeq: state.first_seq, lastSeq: state.last_seq };
}

/** More than any sequence: a message that expects it is refused, and the refusal says what the stream has. */
const NEVER = String(Number.MAX_SAFE_INTEGER);
/** `JSStreamWrongLastSequenceErrF` of nats-server. */
const WRONG_LAST_SEQUENCE = 10071;

/**
 * Sequence of the newest stored message of a subject; 0 while none is stored. Learnt from a message that the stream must
 * refuse, because its login may read no stream: a read by subject can have the server send a stored message anywhere
 * (decision 0022).
 * @throws Problem UNAVAILABLE, TIMEOUT, INTERNAL
 */
export async function lastSequenceOf(connection: Connection, subject: string): Promise<number> {
  const headers = headersOf({ [names.expectedLastSubjectSequence]: NEVER });
  const reply = await connection.requests.request(subject, '', { headers, timeoutMs: TIMEOUT_MS });
  const { error } = reply.json<{ error?: ApiError }>();
  const found = error?.err_code === WRONG_LAST_SEQUENCE ? /: (\d+)$/.exec(error.description)?.[1] : undefined;
  if (found !== undefined) return Number(found);
  throw streamProblem(error ?? { code: 500, err_code: 0, description: 'an impossible message was stored' }, subject);
}
