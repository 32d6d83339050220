import type { UserResponseTo } from '@missions/client/user-client.ts';

export type Wishes = UserResponseTo<'getMyPreferences'>;
type Topic = keyof Wishes['channels'];
export type Weekday = NonNullable<Wishes['quiet_hours']>['weekdays'][number];

export const topics: Readonly<Record<Topic, string>> = {
  question: 'A question waits for me',
  deadline: 'The time to answer ends soon',
  outcome: 'A question has ended without my answer',
  failed: 'Something went wrong',
  paused: 'A mission was paused by the product',
  stale: 'A mission ends soon if nobody cares for it',
  done: 'A mission is done that ran for more than an hour',
};

export const weekdays: Readonly<Record<Weekday, string>> = {
  mon: 'Monday',
  tue: 'Tuesday',
  wed: 'Wednesday',
  thu: 'Thursday',
  fri: 'Friday',
  sat: 'Saturday',
  sun: 'Sunday',
};

/** After which a question that nobody has seen is mailed, in minutes. */
const DELAYS: Readonly<Record<number, string>> = {
  0: 'at once',
  15: 'after 15 minutes',
  60: 'after an hour',
  240: 'after 4 hours',
  1440: 'after a day',
};

/** The usual ones, and the one that is set, which may be another. */
export const delays = (set: number): readonly (readonly [number, string])[] =>
  [...new Set([...Object.keys(DELAYS).map(Number), set])]
    .toSorted((a, b) => a - b)
    .map((minutes) => [minutes, DELAYS[minutes] ?? `after ${minutes} minutes`]);

/** Whoever says nothing of them is offered the night. */
export const offeredQuietHours: NonNullable<Wishes['quiet_hours']> = {
  from: '22:00',
  to: '07:00',
  weekdays: Object.keys(weekdays) as Weekday[],
};

export function textIn(form: FormData, name: string): string {
  const value = form.get(name);
  return typeof value === 'string' ? value.trim() : '';
}

type Said = Pick<Wishes, 'mail_after_minutes' | 'quiet_hours' | 'digest_hour' | 'push_text' | 'channels'>;

/** What a form of the settings says, as the call takes it: all that the form shows, and nothing else. */
export function wishesIn(form: FormData): Said {
  const [mailed, pushed] = [form.getAll('mail'), form.getAll('push')];
  const days = form.getAll('weekday');
  const digest = textIn(form, 'digest');
  const channels = (Object.keys(topics) as Topic[]).map((topic) => [
    topic,
    { mail: mailed.includes(topic), push: pushed.includes(topic) },
  ]);
  return {
    channels: Object.fromEntries(channels) as Wishes['channels'],
    push_text: form.get('push_text') !== null,
    mail_after_minutes: Number(textIn(form, 'delay')),
    digest_hour: digest === '' ? null : Number(digest),
    // Without a day there are none.
    quiet_hours:
      form.get('quiet') === null || days.length === 0
        ? null
        : {
            from: textIn(form, 'from'),
            to: textIn(form, 'to'),
            weekdays: (Object.keys(weekdays) as Weekday[]).filter((day) => days.includes(day)),
          },
  };
}
