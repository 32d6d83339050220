import type { MissionEvent } from '@missions/contracts/mission/representation.ts';
import { at } from './lines.ts';
import { untrusted } from './untrusted.ts';

/** The newest entries, the newest first, quoted: people and agents wrote much of it. */
export function historyLines(events: readonly MissionEvent[]): string {
  if (events.length === 0) return '';
  const told = events.map(({ created_at, event_type, title, content }) => `${at(created_at)} ${event_type}: ${[title, content].filter(Boolean).join(' — ').replaceAll(/\s+/g, ' ').slice(0, 600)}`);
  return untrusted('the newest history entries of the mission', told.join('\n'), 6_000);
}
