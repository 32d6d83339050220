import type { OpenBlocker } from '@missions/contracts/mission/representation.ts';
import { at, inLine } from './lines.ts';

/** What a mission waits for, since when, and until when. */
export const waitLine = ({ key, reason, since, until_at }: OpenBlocker): string =>
  `${inLine(key, 150)}${reason ? ` (${inLine(reason, 100)})` : ''} since ${at(since)}${until_at ? ` until ${at(until_at)}` : ''}`;

export const waitLines = (blockers: readonly OpenBlocker[]): string =>
  blockers.length === 0 ? '' : `Waits for:\n${blockers.map((blocker) => `- ${waitLine(blocker)}`).join('\n')}`;

/** For a list: the kinds and the days, without keys. */
export function waitSummary(blockers: readonly OpenBlocker[]): string {
  const [oldest] = blockers;
  if (!oldest) return '';
  const more = blockers.length > 1 ? ` +${blockers.length - 1}` : '';
  return `waiting for ${oldest.kind}${more} since ${day(oldest.since)}${oldest.until_at ? ` until ${day(oldest.until_at)}` : ''}`;
}

const day = (time: string): string => time.slice(0, 10);
