import { now } from '../store/clock.ts';
import { me } from '../store/session.ts';
import { absoluteTime, relativeTime } from './time.ts';

/** A time: relative, with the absolute one beside it for whoever points at it or listens. */
export function When({ time, absolute = false }: { time: string; absolute?: boolean }) {
  const zone = me.value?.time_zone ?? undefined;
  const exact = absoluteTime(time, zone === undefined ? {} : { zone });
  return (
    <time dateTime={time} title={exact}>
      {relativeTime(time, now.value)}
      {absolute && <span class="quiet"> ({exact})</span>}
    </time>
  );
}
