import { type AuditActor, byCaller, byProduct } from '@missions/contracts/audit.ts';
import { Problem } from '@missions/contracts/errors.ts';
import { noticeTopics, type Preferences, type PreferencesPatch } from '@missions/contracts/notifier/preferences.ts';
import { changePreferences, readPreferences, unsubscribe } from '@missions/contracts/notifier/requests.ts';
import { type Endpoint, endpoint } from '@missions/messaging/endpoint.ts';
import { recordDeeds } from '@missions/persistence/audit/record.ts';
import { autocommit, transaction } from '@missions/persistence/transaction.ts';
import type { Context } from '../commands/context.ts';
import { type MailTopic, readUnsubscribeToken } from '../commands/unsubscribe-token.ts';
import { nextDigest } from '../domain/digest.ts';
import { lockPerson, readPerson, saveWishes, type UserKey } from '../store/people.ts';
import { lookAgain } from '../store/subjects.ts';
import { userOf } from './caller.ts';

/** What a user wants to be told, where, and when not. */
export const preferenceEndpoints = (context: Context): Endpoint[] => [read(context), change(context), end(context)];

const read = ({ db }: Context) =>
  endpoint(readPreferences, async ({ caller }) => ({
    body: (await readPerson(autocommit(db), userOf(caller))).preferences,
  }));

const change = (context: Context) =>
  endpoint(changePreferences, async ({ caller, input }) => ({
    body: await save(context, userOf(caller), byCaller(caller), (before) => changed(before, input)),
  }));

/** By the address in a mail: who has the mail says so, and is nobody that is signed in. */
const end = (context: Context) =>
  endpoint(unsubscribe, async ({ input: { token, confirmed } }) => {
    const found = readUnsubscribeToken(context.unsubscribeKey, token);
    if (!found) throw new Problem('NOT_FOUND', 'This address ends no mail: take it whole from the mail.');
    const { topics, ...user } = found;
    if (confirmed) await save(context, user, byProduct, (before) => without(before, topics));
    return { body: { topics: [...topics] } };
  });

async function save(
  context: Context,
  user: UserKey,
  by: AuditActor,
  change: (before: Preferences) => Preferences,
): Promise<Preferences> {
  const now = context.clock.now();
  const saved = await transaction(context.db, async (tx) => {
    const person = await lockPerson(tx, user, now);
    const preferences = change(person.preferences);
    const hour = preferences.digest_hour;
    const digestAt =
      hour === null ? null : nextDigest(now.getTime(), hour, person.time_zone ?? 'UTC', person.digest_day);
    await saveWishes(tx, user, preferences, digestAt, now);
    await lookAgain(tx, user, now);
    const target = { kind: 'user', id: user.user_id } as const;
    const { customer_id } = user;
    await recordDeeds(tx, [
      { customer_id, by, action: 'preferences.changed', target, mission_id: null, result: 'done' },
    ]);
    return preferences;
  });
  context.dueStored(now.getTime());
  return saved;
}

const without = (before: Preferences, topics: readonly MailTopic[]): Preferences => ({
  ...before,
  channels: Object.fromEntries(
    noticeTopics.map((topic) => {
      const wanted = before.channels[topic];
      return [topic, topics.includes(topic) ? { ...wanted, mail: false } : wanted];
    }),
  ) as Preferences['channels'],
  digest_hour: topics.includes('digest') ? null : before.digest_hour,
});

function changed(before: Preferences, { channels = {}, ...patch }: PreferencesPatch): Preferences {
  const merged = noticeTopics.map((topic) => [topic, { ...before.channels[topic], ...channels[topic] }]);
  return { ...before, ...patch, channels: Object.fromEntries(merged) as Preferences['channels'] };
}
