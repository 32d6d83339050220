import type { EventEnvelope } from '@missions/contracts/event.ts';
import { type Webhook, webhookDisabled, webhookTest } from '@missions/contracts/notifier/webhooks.ts';

/** One attempt to hand an event to an endpoint of a customer's. */
export type Attempt =
  | { readonly kind: 'taken'; readonly status: number }
  /** `status` is null where there was no answer. `error` is for whoever runs the endpoint. */
  | { readonly kind: 'refused'; readonly status: number | null; readonly error: string };

export interface WebhookSender {
  /** @returns why nothing can be sent to the address; undefined if it can */
  trouble(url: string): string | undefined;
  /** A new secret, as it is shown once and as it is stored. */
  newSecret(): Promise<{ readonly shown: string; readonly sealed: string }>;
  /** @param sealed the secret of now, and the one before it for as long as both hold */
  send(to: WebhookPost, signal: AbortSignal): Promise<Attempt>;
}

export interface WebhookPost {
  readonly url: string;
  readonly sealed: readonly string[];
  readonly id: string;
  readonly body: string;
}

/** CloudEvents 1.0 in structured mode, with the attributes that the same event has on NATS (specification section 7). */
export function cloudEventOf(event: EventEnvelope<object>): string {
  const { id, source, type, time, customer_id, user_id, mission_id, version, index, traceparent, data } = event;
  return JSON.stringify({
    specversion: '1.0',
    ...{ id, source, type, time, datacontenttype: 'application/json' },
    ...{ customerid: customer_id, userid: user_id || undefined, missionid: mission_id || undefined },
    ...{ missionversion: version, missionindex: index, traceparent, data },
  });
}

export const testEventOf = (id: string, customer_id: string, at: Date): string =>
  cloudEventOf({
    ...{ id, customer_id, type: webhookTest, source: '/services/notifier', time: at.toISOString() },
    ...{ user_id: '', mission_id: '', version: 0, index: 0, data: { text: 'A test of this endpoint' } },
  });

/** What the customer's other endpoints are told of one that took nothing for three days. */
export function disabledEventOf(id: string, customer_id: string, webhook: Webhook, at: Date): string {
  const { id: webhook_id, url, description, failing_since, last_error, disabled_at } = webhook;
  return cloudEventOf({
    ...{ id, customer_id, type: webhookDisabled, source: '/services/notifier', time: at.toISOString() },
    ...{ user_id: '', mission_id: '', version: 0, index: 0 },
    data: { webhook_id, url, description, failing_since, last_error, disabled_at },
  });
}

const FIRST_PAUSE_MS = 5_000;
const LONGEST_PAUSE_MS = 30 * 60_000;
const GIVEN_UP_MS = 3 * 86_400_000;

export interface Tried {
  /** This one included. */
  readonly attempts: number;
  readonly is_test: boolean;
  /** Milliseconds since 1970. */
  readonly first_attempt_at: number;
  readonly last_taken_at: number | null;
}

export type AfterFailure =
  | { readonly kind: 'again'; readonly at: number }
  /** `disables`: the endpoint has taken nothing at all in that time. Otherwise it refuses this one event. */
  | { readonly kind: 'given_up'; readonly disables: boolean };

/** @param random from 0 to 1, so that what failed together does not come back together */
export function afterFailure(tried: Tried, now: number, random: number): AfterFailure {
  if (tried.is_test) return { kind: 'given_up', disables: false };
  const until = tried.first_attempt_at + GIVEN_UP_MS;
  if (now >= until)
    return { kind: 'given_up', disables: tried.last_taken_at === null || tried.last_taken_at < tried.first_attempt_at };
  const pause = Math.min(LONGEST_PAUSE_MS, FIRST_PAUSE_MS * 3 ** Math.min(tried.attempts - 1, 10));
  return { kind: 'again', at: Math.min(until, now + Math.round(pause * (0.5 + random / 2))) };
}
