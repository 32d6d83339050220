import type { MissionEvent } from '@missions/contracts/mission/representation.ts';
import { at } from './lines.ts';
import { untrusted } from './untrusted.ts';

const MOST_OF_ONE = 600;

/** The newest entries, the newest first, quoted: people and agents wrote much of it. What repeats is told once. */
export function historyLines(events: readonly MissionEvent[]): string {
  if (events.length === 0) return '';
  const told = events.map((event) => ({ time: at(event.created_at), what: `${event.event_type}: ${saying(event)}` }));
  const once = told.filter(({ what }, index) => what !== told[index - 1]?.what);
  return untrusted(
    'the newest history entries of the mission',
    once.map(({ time, what }) => `${time} ${what}`).join('\n'),
    6_000,
  );
}

function saying({ title, content }: MissionEvent): string {
  const both = title === content || content === '' ? title : title === '' ? content : `${title} — ${content}`;
  return both.replaceAll(/\s+/g, ' ').slice(0, MOST_OF_ONE);
}
