import { postTo } from '@missions/http/post.ts';
import { PrivateAddress } from '@missions/http/public-address.ts';
import { signedHeaders } from '@missions/http/signed-headers.ts';
import { retryAfterIn } from './endpoint.ts';

export interface PushSettings {
  readonly url: string;
  /** `whsec_…` with base64, or any text. */
  readonly secret: string;
  readonly allowPrivate: boolean;
  readonly timeoutMs?: number;
}

/** For everything from resolving the name to the head of the response. */
const TIMEOUT_MS = 10_000;

/** The agent did not take the run. Its message may be shown to users. */
export class NotTaken extends Error {
  /** Seconds for which the agent asked. */
  readonly retryAfter: number | undefined;
  constructor(message: string, retryAfter?: number) {
    super(message);
    this.retryAfter = retryAfter;
  }
}

/**
 * A signed POST (Standard Webhooks 1.0). Only the status of the response counts: its body is not read, however long it
 * is. A redirect is refused like any other status that is not 2xx. Each POST has a connection of its own, so that one
 * that hangs delays no other.
 * @throws {NotTaken} for any response but 2xx; another Error if there is none. Its message may be shown to users.
 */
export async function send(
  { url, secret, allowPrivate, timeoutMs = TIMEOUT_MS }: PushSettings,
  id: string,
  at: Date,
  body: string,
): Promise<void> {
  const headers = {
    'content-type': 'application/json',
    'user-agent': 'missions-scheduler',
    ...signedHeaders([secret], id, at, body),
  };
  const signal = AbortSignal.timeout(timeoutMs);
  const { status, retryAfter } = await postTo(new URL(url), { headers, body, allowPrivate, signal }).catch(
    (error: unknown) => {
      throw signal.aborted ? new Error(`no answer within ${timeoutMs / 1_000} s`) : explained(error);
    },
  );
  if (status < 200 || status > 299)
    throw new NotTaken(
      `the agent answered ${status}${status >= 300 && status < 400 ? ', and redirects are not followed' : ''}`,
      retryAfterIn(retryAfter, at.getTime()),
    );
}

/** With the setting that would allow it. */
const explained = (error: unknown): unknown =>
  error instanceof PrivateAddress
    ? new Error(`${error.message}, and AGENT_PUSH_ALLOW_PRIVATE does not allow it`, { cause: error })
    : error;
