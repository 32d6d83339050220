import { randomBytes } from 'node:crypto';
import { postTo } from '@missions/http/post.ts';
import { PrivateAddress } from '@missions/http/public-address.ts';
import { signedHeaders } from '@missions/http/signed-headers.ts';
import type { Attempt, WebhookSender } from '../domain/webhook.ts';
import { endpointTrouble } from '../push/send.ts';
import { seal, unseal } from '../push/sealing.ts';

export interface WebhookSettings {
  /** Of the service: the one of now, and the one before it while it is being changed. */
  readonly secrets: readonly string[];
  readonly allowPrivate: boolean;
  readonly now: () => Date;
}

/** For everything from resolving the name to the head of the answer. */
const TIMEOUT_MS = 15_000;
/** Of an answer that refuses: enough for its reason. */
const MAX_REASON = 300;
/** What the sealed texts are, for `seal`. */
export const WEBHOOK_SECRETS = 'webhook secrets';

/** Sends events to endpoints that customers have named, by the rules of pushes to agents and devices. */
export function webhookSender({ secrets, allowPrivate, now }: WebhookSettings): WebhookSender {
  const [secret = ''] = secrets;
  return {
    trouble: (url) => endpointTrouble(url, allowPrivate),
    async newSecret() {
      const shown = `whsec_${randomBytes(32).toString('base64')}`;
      return { shown, sealed: await seal(shown, secret, WEBHOOK_SECRETS) };
    },
    async send({ url, sealed, id, body }, signal) {
      const trouble = endpointTrouble(url, allowPrivate);
      if (trouble !== undefined) return refused(trouble);
      const opened = await Promise.all(sealed.map((one) => unseal(one, secrets, WEBHOOK_SECRETS)));
      const keys = opened.filter((one) => one !== undefined);
      if (keys.length === 0)
        return refused('the secret is sealed with another CALLER_KEY: rotate it, or start the notifier with both keys');
      const headers = {
        'content-type': 'application/cloudevents+json; charset=utf-8',
        'user-agent': 'missions-webhooks',
        ...signedHeaders(keys, id, now(), body),
      };
      const timeout = AbortSignal.timeout(TIMEOUT_MS);
      try {
        const asked = { headers, body, allowPrivate, reads: MAX_REASON, signal: AbortSignal.any([signal, timeout]) };
        const { status, said } = await postTo(new URL(url), asked);
        return resultOf(status, said);
      } catch (error) {
        if (signal.aborted && !timeout.aborted) throw error;
        return refused(timeout.aborted ? `no answer within ${TIMEOUT_MS / 1_000} s` : plainly(error as Error));
      }
    },
  };
}

const refused = (error: string): Attempt => ({ kind: 'refused', status: null, error: error.slice(0, 500) });

function resultOf(status: number, said: string): Attempt {
  if (status >= 200 && status <= 299) return { kind: 'taken', status };
  const words = said.replace(/[\p{C}\s]+/gu, ' ').trim();
  const redirects = status >= 300 && status <= 399 ? ', and redirects are not followed' : '';
  const error = `the endpoint answered ${status}${words === '' ? '' : `: ${words}`}${redirects}`;
  return { kind: 'refused', status, error: error.toWellFormed() };
}

const CERTIFICATES = /CERT|SELF_SIGNED|UNABLE_TO_VERIFY|ALTNAME/;

function plainly(error: Error & { readonly code?: string }): string {
  if (error instanceof PrivateAddress) return `${error.message}, and WEBHOOK_ALLOW_PRIVATE does not allow it`;
  if (CERTIFICATES.test(error.code ?? '')) return `its certificate is not valid for this address: ${error.message}`;
  return error.message.toWellFormed();
}
