import { createHmac, timingSafeEqual } from 'node:crypto';
import { nuid } from 'nats';
import { Problem } from '@missions/contracts/errors.ts';
import type { ServiceName } from '@missions/contracts/subjects.ts';

/**
 * Proof of who sends a request, and so of the `caller` that the request names: an HMAC with a key that sender and
 * addressee share, over subject, sender, time, a random id and the bytes of the body. The caller stands in the body.
 * A login at NATS alone can then act for nobody, and a stolen key for nobody at another service.
 *
 * A signature by public key would need no shared secrets, but costs some ten times as much (decision 0020).
 */
export interface CallerKeys {
  /** Under which name and with which key this process signs, by addressee. */
  readonly signs?: Partial<Record<ServiceName, SigningKey>>;
  /** Whose requests this service believes. Without it the service refuses every request. */
  readonly believes?: readonly BelievedSender[];
}

interface SigningKey {
  readonly as: string;
  /** The first signs. */
  readonly keys: readonly string[];
}

export interface BelievedSender {
  readonly name: string;
  readonly keys: readonly string[];
  /** The variable of the addressee that holds the keys. */
  readonly variable: string;
  /** The requests that this sender may make; all by default. */
  readonly subjects?: ReadonlySet<string>;
}

/** How long a request is on its way at most. */
const LIFETIME_MS = 30_000;
/** Each of two hosts' clocks may be ten minutes off, and all goes on (specification section 7). */
const MAX_SKEW_MS = 2 * 10 * 60_000;
/** Member of the problem by which the sender knows that its own proof was refused. */
const UNPROVEN = 'caller_unproven';

export function proveCaller({ as, keys }: SigningKey, subject: string, body: Uint8Array, now = Date.now()): string {
  const id = nuid.next();
  return `1;${as};${now};${id};${mac(keys[0] ?? '', `1\n${subject}\n${as}\n${now}\n${id}\n`, body)}`;
}

/**
 * To be called before anything of the request is looked at.
 * @throws Problem FORBIDDEN that says what is missing. Its `reason` is for the sender, see `unprovenAtSender`.
 */
export function verifyCaller(
  { believes = [] }: CallerKeys,
  subject: string,
  body: Uint8Array,
  proof: string | undefined,
  now = Date.now(),
): void {
  if (!proof) throw refused(subject, 'the request is not signed');
  const [version, as, sentAt = '', id, given = ''] = proof.split(';');
  const sender = believes.find(({ name }) => name === as);
  if (version !== '1' || sender === undefined)
    throw refused(subject, 'it is signed by a sender that is not known here');
  if (sender.subjects?.has(subject) === false) throw refused(subject, `${sender.name} sends no such request`);
  const header = `1\n${subject}\n${sender.name}\n${sentAt}\n${id}\n`;
  if (!sender.keys.some((key) => isSame(mac(key, header, body), given)))
    throw refused(
      subject,
      `the signature of ${sender.name} is wrong: both need the same key (${sender.variable} here)`,
    );
  const age = now - Number(sentAt);
  if (!(Math.abs(age) <= LIFETIME_MS + MAX_SKEW_MS)) {
    const by = `${Math.round(Math.abs(age) / 1000)} s ${age > 0 ? 'ago' : 'from now'}`;
    throw refused(subject, `it was signed ${by} by the clock of this host: set the clocks of both hosts right`);
  }
}

const refused = (subject: string, why: string): Problem =>
  new Problem('FORBIDDEN', `Who calls ${subject} is not proven, and nothing was done: ${why}.`, { reason: UNPROVEN });

/**
 * The sender's view: its caller did nothing wrong, the two services do not agree on a key. That ends when their
 * settings are mended or the rotation is complete, so the call may be tried again.
 */
export const unprovenAtSender = (problem: Problem, service: ServiceName): Problem =>
  problem.code === 'FORBIDDEN' && problem.members['reason'] === UNPROVEN
    ? new Problem('UNAVAILABLE', `The ${service} service does not believe this service who calls; its log says why.`)
    : problem;

export const mac = (key: string, header: string, body: Uint8Array | string): string =>
  createHmac('sha256', key).update(header).update(body).digest('base64url');

export function isSame(computed: string, given: string): boolean {
  const [one, other] = [Buffer.from(computed), Buffer.from(given)];
  return one.length === other.length && timingSafeEqual(one, other);
}
