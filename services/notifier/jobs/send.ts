import { Problem } from '@missions/contracts/errors.ts';
import type { Span } from '@missions/contracts/hours.ts';
import type { NoticeChannel } from '@missions/contracts/notifier/preferences.ts';
import { autocommit } from '@missions/persistence/transaction.ts';
import { backoff } from '@missions/runtime/backoff.ts';
import { startLoop } from '@missions/runtime/loop.ts';
import { counter } from '@missions/runtime/metrics.ts';
import type { Job } from '@missions/service-kit/service.ts';
import { actionTokenFor } from '../commands/action-link.ts';
import type { Context } from '../commands/context.ts';
import { mailUser } from '../commands/mail-user.ts';
import { pushUser } from '../commands/push-user.ts';
import { type MailTopic, unsubscribeToken } from '../commands/unsubscribe-token.ts';
import { digestOf, isShown, isStillTrue, noticeOf, type Telling } from '../domain/compose.ts';
import { endOf, type Facts, isStillWanted, type Step, topicOf } from '../domain/ladder.ts';
import { type Notice, tagOf } from '../domain/notice.ts';
import { quietTimes } from '../domain/quiet-hours.ts';
import { writeMail } from '../mail/write-mail.ts';
import { claimNotices, type ClaimedNotice, endNotice, noteDevices, postponeNotice } from '../store/notices.ts';
import { type Person, readerOf, readPerson, wishesOf } from '../store/people.ts';
import { endedSubjects, isKnown, openSubjects, readSubjects } from '../store/subjects.ts';

const POLL_MS = 1_000;
const AT_ONCE = { mail: 10, push: 50 };
const LEASE_MS = 60_000;
/** About a day: what is a day late tells nobody anything. */
const MAX_ATTEMPTS = 60;

const results = counter('missions_notifier_sent_total', 'Notices that left or did not, by channel and outcome', [
  'channel',
  'outcome',
]);

/**
 * Hands the queued notices of a channel to it, each under a lease. What it says is read when it leaves: what was decided
 * meanwhile is not said. A notice that is handed over again is the same one: the bridge knows it by its id, a device
 * shows it in the place of the one before. No notice waits for one that takes long.
 */
export function startSendingNotices(context: Context, channel: NoticeChannel): Job {
  const { db, clock, logger, onQueued } = context;
  const name = `notices by ${channel}`;
  const busy = new Set<Promise<void>>();
  const loop = startLoop({
    name,
    logger,
    intervalMs: POLL_MS,
    async run({ stopping }) {
      const free = AT_ONCE[channel] - busy.size;
      if (free === 0) return;
      const now = clock.now();
      const leased = new Date(now.getTime() + LEASE_MS);
      for (const notice of await claimNotices(autocommit(db), channel, now, free, leased)) {
        const one = send(context, notice, stopping)
          // Its lease ends, and it is tried again.
          .catch((error: unknown) => logger.warn({ err: error, notice: notice.id }, 'a notice was not booked'))
          .finally(() => {
            const wasFull = busy.size === AT_ONCE[channel];
            busy.delete(one);
            if (wasFull) loop.wake();
          });
        busy.add(one);
      }
    },
  });
  const unsubscribe = onQueued(() => loop.wake());
  return {
    name,
    check: () => loop.check(),
    async stop() {
      unsubscribe();
      await loop.stop();
      await Promise.all(busy);
    },
  };
}

async function send(context: Context, claimed: ClaimedNotice, stopping: AbortSignal): Promise<void> {
  const { db, clock, logger } = context;
  const { channel, attempts } = claimed;
  const tx = autocommit(db);
  try {
    const kept = await hand(context, claimed, stopping);
    if (kept && 'until' in kept)
      return void (await postponeNotice(tx, claimed, new Date(kept.until), 'these are quiet hours of its user'));
    results.inc({ channel, outcome: kept ? 'dropped' : 'sent' });
    await endNotice(tx, claimed, kept ? 'dropped' : 'sent', kept?.dropped ?? '', clock.now());
  } catch (error) {
    const reason = (error instanceof Error ? error.message : String(error)).slice(0, 500).toWellFormed();
    const isFinal = attempts >= MAX_ATTEMPTS || (error instanceof Problem && FINAL.has(error.code));
    results.inc({ channel, outcome: isFinal ? 'failed' : 'deferred' });
    logger.warn({ err: error, notice: claimed.id, attempt: attempts }, 'a notice was not taken by its channel');
    if (isFinal) return void (await endNotice(tx, claimed, 'failed', reason, clock.now()));
    const pause = backoff(attempts, { firstMs: 1_000, maxMs: 30 * 60_000, factor: 3 });
    await postponeNotice(tx, claimed, new Date(clock.now().getTime() + pause), reason);
  }
}

/** So long the bridge tries to send a mail. */
const QUIET_DAYS = 3;
const FINAL = new Set(['VALIDATION_FAILED', 'MISSION_NOT_FOUND']);

/** What became of a notice that was not handed over. */
type Kept = { readonly dropped: string } | { readonly until: number };

/** @returns undefined if its channel has it. */
async function hand(context: Context, claimed: ClaimedNotice, stopping: AbortSignal): Promise<Kept | undefined> {
  const { channel } = claimed;
  const person = await readPerson(autocommit(context.db), claimed);
  const wishes = wishesOf(person);
  const now = context.clock.now().getTime();
  if (!wishes.reachable[channel]) return { dropped: `its user has no ${channel} any more` };
  const holding = await stillTold(context, claimed, now);
  const told = holding.filter(({ facts, step }) => isStillWanted(wishes, facts, step, channel));
  // What ends before they do is told in them.
  const ends = Math.min(...told.map(({ facts }) => endOf(facts) ?? Infinity));
  const times = quietTimes(now, QUIET_DAYS, wishes.preferences.quiet_hours, wishes.time_zone);
  const quiet = times.filter(({ until }) => until < ends);
  const until = quiet.find(({ from }) => from <= now)?.until;
  if (until !== undefined) return { until };
  if (claimed.day !== null) return await handDigest(context, claimed, person, claimed.day, quiet);
  if (told.length === 0) return { dropped: holding.length > 0 ? 'it is not wanted any more' : 'all of it is settled' };
  const action = channel === 'mail' ? await actionTokenFor(context, person, told) : null;
  const notice = noticeOf(told, { ...tellingOf(context, claimed.id, person, topicsOf(told)), action });
  if (channel === 'push') {
    const last = Math.max(...told.map(({ facts }) => endOf(facts) ?? now + DAY_MS));
    return await push(context, claimed, person, notice, { lifetimeMs: last - now, stopping });
  }
  const missions = new Set(told.map(({ mission_id }) => mission_id));
  await mail(context, person, notice, {
    mission_id: missions.size === 1 ? (told[0]?.mission_id ?? null) : null,
    quiet,
  });
  return undefined;
}

/** To the devices that have not had it yet. @throws Error if some are to be tried again */
async function push(
  context: Context,
  claimed: ClaimedNotice,
  person: Person,
  notice: Notice,
  options: Parameters<typeof pushUser>[4],
): Promise<Kept | undefined> {
  const before = claimed.devices ?? [];
  const message = { kind: 'notice', notice, text: person.preferences.push_text } as const;
  const sent = await pushUser(context, claimed, ({ id }) => !before.includes(id), message, options);
  if (sent.devices.length > 0) await noteDevices(autocommit(context.db), claimed, sent.devices, tagOf(notice));
  if (sent.later !== undefined) throw new Error(sent.later);
  return sent.devices.length + before.length > 0 ? undefined : { dropped: sent.refused ?? 'its user has no device' };
}

async function stillTold({ db }: Context, { customer_id, items }: ClaimedNotice, now: number) {
  const ids = items.map(({ id }) => id);
  const subjects = await readSubjects(autocommit(db), customer_id, ids);
  return items.flatMap((item) => {
    const subject = subjects.find(({ id }) => id === item.id);
    return subject && isKnown(subject) && isStillTrue(subject, item, now) ? [{ ...subject, step: item.step }] : [];
  });
}

const iso = (at: number): string => new Date(at).toISOString();

const DIGEST_SUBJECTS = 200;
const DAY_MS = 86_400_000;

async function handDigest(
  context: Context,
  { id, created_at }: ClaimedNotice,
  person: Person,
  day: string,
  quiet: readonly Span[],
): Promise<Kept | undefined> {
  const tx = autocommit(context.db);
  const open = (await openSubjects(tx, person, DIGEST_SUBJECTS))
    .filter(isKnown)
    .filter(({ facts }) => isShown(facts, created_at));
  const ended = (await endedSubjects(tx, person, created_at - DAY_MS, DIGEST_SUBJECTS)).filter(isKnown);
  const notice = digestOf(day, open, ended, tellingOf(context, id, person, ['digest']));
  if (!notice) return { dropped: 'there is nothing to tell' };
  await mail(context, person, notice, { mission_id: null, quiet });
  return undefined;
}

/** The bridge may have to try for long: it is told when its reader is not to be disturbed. */
async function mail(
  context: Context,
  person: Person,
  notice: Notice,
  { mission_id, quiet }: { readonly mission_id: string | null; readonly quiet: readonly Span[] },
): Promise<void> {
  const { subject, text, html, headers } = writeMail(notice);
  const to = person.email ?? '';
  const { language } = notice.reader;
  await mailUser(context, person, {
    id: notice.id,
    mission_id,
    to,
    language,
    subject,
    text,
    html,
    headers: { ...headers },
    quiet: quiet.map(({ from, until }) => ({ from: iso(from), until: iso(until) })),
  });
}

function tellingOf(context: Context, id: string, person: Person, topics: readonly MailTopic[]): Telling {
  const publicUrl = new URL(context.config.publicUrl).origin;
  const { customer_id, user_id } = person;
  const token = unsubscribeToken(context.unsubscribeKey, { customer_id, user_id, topics });
  return { id, reader: readerOf(person), publicUrl, unsubscribe: `${publicUrl}/unsubscribe/${token}`, action: null };
}

/** What one click in the mail ends. */
const topicsOf = (told: readonly { readonly facts: Facts; readonly step: Step }[]): MailTopic[] => [
  ...new Set(told.map(({ facts, step }) => topicOf(facts, step))),
];
