import type { Mission } from '../store/shapes.ts';
import { now } from '../store/clock.ts';
import { me } from '../store/session.ts';
import { absoluteTime, relativeTime } from '../text/time.ts';
import { When } from '../text/when.tsx';
import { endsAt, type Standing } from './standing.ts';
import { progressOf } from './words.ts';

/** The one sentence: what it waits for, since when and until when. */
export const StandingLine = ({ standing: { tone, text, about, since, until } }: { readonly standing: Standing }) => (
  <p class={`standing ${tone}`}>
    {text}
    {about && (
      <>
        : <bdi class="about">{about}</bdi>
      </>
    )}
    {since && (
      <>
        , since <When time={since} />
      </>
    )}
    {until && (
      <>
        , until <Deadline time={until} />
      </>
    )}
  </p>
);

/** A time to which somebody has to keep: the absolute one first. */
export function Deadline({ time }: { readonly time: string }) {
  const zone = me.value?.time_zone;
  return (
    <time dateTime={time}>
      {absoluteTime(time, zone ? { zone } : {})} ({relativeTime(time, now.value)})
    </time>
  );
}

/** A mission that nobody looks at ends by itself. */
export function EndingLine({ mission }: { readonly mission: Mission }) {
  const at = endsAt(mission);
  if (at === null) return null;
  return (
    <p class="standing bad">
      Nobody has looked at it for long. It ends <When time={at} /> unless you keep it.
    </p>
  );
}

export function Progress({ mission }: { readonly mission: Pick<Mission, 'task_counts'> }) {
  const progress = progressOf(mission);
  if (!progress) return null;
  const words = `${progress.done} of ${progress.of} ${progress.of === 1 ? 'task' : 'tasks'} done`;
  return (
    <p class="progress">
      <progress value={progress.done} max={progress.of} aria-label={words} />
      <span>{words}</span>
    </p>
  );
}
