import { type Static, Type } from 'typebox';
import { closed, Nullable } from '../fields.ts';
import { hourMembers } from '../hours.ts';

/** What a user wants to be told, where, and when not (specification section 11). */
export const noticeChannels = ['mail', 'push'] as const;
export type NoticeChannel = (typeof noticeChannels)[number];

/**
 * `question`: one waits for an answer; `deadline`: it ends soon; `outcome`: it has ended without one; `failed`: a mission
 * went wrong; `paused`: the product has paused it; `stale`: it ends soon if nobody cares; `done`: it is done.
 */
export const noticeTopics = ['question', 'deadline', 'outcome', 'failed', 'paused', 'stale', 'done'] as const;
export type NoticeTopic = (typeof noticeTopics)[number];

/**
 * From and to in the user's zone, on the days on which they begin; `to` before `from` is the next morning. Equal times
 * are no quiet hours.
 */
export const QuietHours = Type.Object(hourMembers, closed);
export type QuietHours = Static<typeof QuietHours>;

const ofTopics = <Schema>(schema: Schema) =>
  Object.fromEntries(noticeTopics.map((topic) => [topic, schema])) as Record<NoticeTopic, Schema>;

const settings = {
  mail_after_minutes: Type.Integer({
    minimum: 0,
    maximum: 10_080,
    description: 'how long a question may stand unseen before it is mailed; one with urgency `high` is mailed at once',
  }),
  quiet_hours: Nullable(QuietHours),
  digest_hour: Nullable(
    Type.Integer({ minimum: 0, maximum: 23, description: 'hour of my day of the daily digest; null: none' }),
  ),
  push_text: Type.Boolean({ description: 'push notifications may show what a question asks, not its title only' }),
};

export const Preferences = Type.Object(
  {
    channels: Type.Object(ofTopics(Type.Object({ mail: Type.Boolean(), push: Type.Boolean() }, closed)), closed),
    ...settings,
  },
  { $id: 'NotificationPreferences' },
);
export type Preferences = Static<typeof Preferences>;

/** How a user is told who has said nothing. */
export const defaultPreferences: Preferences = {
  channels: ofTopics({ mail: true, push: true }),
  mail_after_minutes: 60,
  quiet_hours: null,
  digest_hour: null,
  push_text: false,
};

const SomeChannels = Type.Object({ mail: Type.Optional(Type.Boolean()), push: Type.Optional(Type.Boolean()) }, closed);
/** Only what is sent changes; of a topic, only the channels that are sent. */
export const PreferencesPatch = Type.Object(
  {
    channels: Type.Optional(Type.Object(ofTopics(Type.Optional(SomeChannels)), closed)),
    mail_after_minutes: Type.Optional(settings.mail_after_minutes),
    quiet_hours: Type.Optional(settings.quiet_hours),
    digest_hour: Type.Optional(settings.digest_hour),
    push_text: Type.Optional(settings.push_text),
  },
  { ...closed, minProperties: 1 },
);
export type PreferencesPatch = Static<typeof PreferencesPatch>;
