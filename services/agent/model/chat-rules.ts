import { currentMission, type ListedMission, listedMissions, missionsLike, namedMission } from './reading.ts';
import { type Move, type Rule, refusal, result } from './rule.ts';
import type { Scene } from './scene.ts';

/** The sentences that the rules understand; the first match wins. Every other sentence gets `help`. */
export const chatRules: readonly Rule[] = [
  {
    matches:
      /^(?:please |can you |could you )?(?:create|start|open|make|begin|set up|add)(?: me)? (?:an? |the )?(?:new )?mission\b[ :,-]*(?:(?:to|for|called|named|titled|about) +)?(.*)$/is,
    next: (scene, [wanted = '']) => {
      const title = titleOf(wanted);
      if (title === '')
        return {
          say: 'What is the mission about? Say, for example, "Create a mission to schedule a meeting with John".',
        };
      const created = result(scene, 'mission_create');
      if (!created) return { call: 'mission_create', input: { title } };
      return (
        refusal(scene) ?? {
          say:
            `I have created the mission "${namedMission(created.text)?.title ?? title}". It is kept beyond ` +
            `this conversation: ask for your tasks in any other, or say "resume ${title}".`,
        }
      );
    },
  },
  {
    matches:
      /^(?:please |now )?(?:resume|continue|pick up|go on|carry on|take up)\b(?: (?:with|on))?(?: (?:the|my))?(?: mission)?[ :]*(.*)$/is,
    next: (scene, [wanted = '']) =>
      withMission(scene, wanted, (id) => {
        const resumed = result(scene, 'mission_resume');
        if (!resumed) return { call: 'mission_resume', input: { mission_id: id } };
        return (
          refusal(scene) ?? {
            say: `Here is how it stands.\n\n${forPeople(resumed.text)}\n\nSay "add task …", "ask me …" or "finish" to go on with it.`,
          }
        );
      }),
  },
  {
    matches: /^(?:please )?add (?:an? |the )?(?:new )?(?:task|step)\b[ :,-]*(?:(?:to|called|named) +)?(.+)$/is,
    next: (scene, [wanted = '']) =>
      withMission(scene, '', (id) => {
        const title = titleOf(wanted);
        if (!result(scene, 'mission_add_task')) return { call: 'mission_add_task', input: { mission_id: id, title } };
        return refusal(scene) ?? { say: `I have added the task "${title}".` };
      }),
  },
  {
    matches: /^(?:please )?ask (?:me|the user)\b[ :,-]*(.+)$/is,
    next: (scene, [wanted = '']) =>
      withMission(scene, '', (id) => {
        const prompt = sentence(wanted)
          .replace(/^(Whether|If) /, '')
          .replace(/\.?$/, (end) => (wanted.trim().endsWith('?') ? end : '?'));
        if (!result(scene, 'mission_ask_user'))
          return { call: 'mission_ask_user', input: { mission_id: id, prompt: sentence(prompt) } };
        return (
          refusal(scene) ?? {
            say:
              `I have asked: "${sentence(prompt)}". The mission waits until you answer it where your ` +
              'questions are shown; I cannot take the answer here.',
          }
        );
      }),
  },
  {
    matches:
      /^(?:please )?(?:finish|complete|close|end)\b(?: (?:the|my|this))?(?: mission)?(?: (?:it|that))?[ :]*(.*)$/is,
    next: (scene, [wanted = '']) =>
      withMission(scene, wanted, (id) => {
        const ended = result(scene, 'mission_complete');
        if (!ended)
          return {
            call: 'mission_complete',
            input: { mission_id: id, summary: 'The user said in a chat that it is finished.' },
          };
        return refusal(scene) ?? { say: `The mission "${namedMission(ended.text)?.title ?? ''}" is finished.` };
      }),
  },
  {
    matches: /\b(?:tasks?|missions?|to-?dos?|working on|going on|pending|open)\b/i,
    next: (scene) => {
      const listed = result(scene, 'mission_list');
      if (!listed) return { call: 'mission_list', input: {} };
      return refusal(scene) ?? { say: shown(listedMissions(listed.text)) };
    },
  },
];

export const help = `I understand a few sentences only:
- "Create a mission to schedule a meeting with John"
- "What are my current tasks?" (all missions, of all conversations)
- "Resume the meeting with John"
- and then "Add task …", "Ask me …", "Finish".`;

const shown = (missions: readonly ListedMission[]): string =>
  missions.length === 0
    ? 'You have no open missions.'
    : `You have ${missions.length === 1 ? 'one open mission' : `${missions.length} open missions`}, of all conversations:\n${missions.map(({ title, notes, tasks }) => `- ${title} (${notes})${tasks && `\n  ${tasks}`}`).join('\n')}`;

/**
 * The mission that the sentence means: found by the words of its title, or, without any, this conversation's own. Asks
 * back if that is not clear.
 */
function withMission(scene: Scene, wanted: string, next: (missionId: string) => Move): Move {
  const words = wanted.replace(/[.!?\s]+$/, '').replace(/^(?:it|that|this)$/i, '');
  const current = currentMission(scene);
  if (words === '' && current) return next(current.id);
  const listed = result(scene, 'mission_list');
  if (!listed) return { call: 'mission_list', input: { limit: 50 } };
  if (!listed.ok) return { say: `That did not work. ${listed.text}` };
  const missions = listedMissions(listed.text);
  const found = words === '' ? missions : missionsLike(words, missions);
  const [only] = found;
  if (only && found.length === 1) return next(only.id);
  if (found.length > 1)
    return {
      say: `Which one? Say "resume" and the words of its title.\n${found.map(({ title }) => `- ${title}`).join('\n')}`,
    };
  return {
    say:
      words === ''
        ? 'You have no open mission to go on with.'
        : `I find no open mission like "${words}". Ask "What are my current tasks?" to see them.`,
  };
}

/**
 * The text for people: without the hints to a model on what to call next, and without the marks around others' words.
 */
const forPeople = (text: string): string => text.replaceAll(/^(?:Next:.*\n?|<\/?untrusted .*>\n?|> )/gm, '').trim();

/** The title in the sentence's own words. */
const titleOf = (wanted: string): string => {
  const [, quoted] = /^["'“](.+)["'”][.!?\s]*$/s.exec(wanted.trim()) ?? [];
  return sentence(quoted ?? wanted.replace(/[.!\s]+$/, '')).slice(0, 500);
};
const sentence = (text: string): string => {
  const plain = text.trim();
  return plain.slice(0, 1).toUpperCase() + plain.slice(1);
};
