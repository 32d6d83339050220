import type { Scene } from './scene.ts';

/** A mission as the tools' texts show it, as far as the rules need it. */
export interface ListedMission {
  readonly id: string;
  readonly title: string;
  /** Status and waits, in the tool's words. */
  readonly notes: string;
  /** The tasks by status, in the tool's words; '' without tasks. */
  readonly tasks: string;
}

const UUID = '[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}';
/** A text that the tools quote, in quotation marks and escaped as JSON. */
const QUOTED = '"(?:[^"\\\\]|\\\\.)*"';
const LISTED = new RegExp(`^\\d+\\. (${UUID}) (${QUOTED}) \\[(.*?)\\](.*)(?:\\n   (.+))?$`, 'gm');

export const listedMissions = (text: string): ListedMission[] =>
  [...text.matchAll(LISTED)].map(([, id = '', title = '', status = '', progress = '', tasks = '']) => ({
    id,
    title: unquoted(title),
    notes: `${status}${progress && `,${progress}`}`,
    tasks,
  }));

/** Texts of a conversation that began before the tools escaped what they quote may not parse. */
function unquoted(text: string): string {
  try {
    return JSON.parse(text) as string;
  } catch {
    return text.slice(1, -1);
  }
}

const HEAD = new RegExp(`Mission (${UUID}) (${QUOTED}) \\[`);

/** Reads a tool's text about one mission. */
export function namedMission(text: string): { id: string; title: string } | undefined {
  const [, id, title] = HEAD.exec(text) ?? [];
  return id === undefined || title === undefined ? undefined : { id, title: unquoted(title) };
}

/** The mission that this conversation created or resumed last. */
export function currentMission({ earlier, done }: Scene): { id: string; title: string } | undefined {
  const last = [...earlier, ...done].findLast(
    ({ name, ok }) => ok && (name === 'mission_create' || name === 'mission_resume'),
  );
  return last && namedMission(last.text);
}

const wordsOf = (text: string): string[] => text.toLowerCase().match(/[\p{L}\p{N}]+/gu) ?? [];
const SMALL = new Set([
  'the',
  'a',
  'an',
  'my',
  'to',
  'with',
  'of',
  'for',
  'and',
  'mission',
  'task',
  'on',
  'it',
  'that',
  'about',
]);

/** The missions whose titles share the most words with `wanted`; several if they tie. */
export function missionsLike(wanted: string, missions: readonly ListedMission[]): ListedMission[] {
  const words = [...new Set(wordsOf(wanted))].filter((word) => !SMALL.has(word));
  const scored = missions.map((mission) => {
    const own = new Set(wordsOf(`${mission.title} ${mission.tasks}`));
    return { mission, score: words.filter((word) => own.has(word)).length };
  });
  const best = Math.max(0, ...scored.map(({ score }) => score));
  return best === 0 || best < words.length / 2
    ? []
    : scored.filter(({ score }) => score === best).map(({ mission }) => mission);
}
