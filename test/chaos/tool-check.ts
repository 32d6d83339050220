import type { ToolObservations } from './tool-observations.ts';

/** One sentence for each call of a tool whose effect is lost or doubled, and each of their missions that is stuck. */
export const violations = (observations: ToolObservations): string[] => [
  ...effects(observations),
  ...ends(observations),
];

/** What was accepted is there once; what nobody knows of is there at most once. */
function effects({ writes, missions, notes, questions }: ToolObservations): string[] {
  const times = new Map<string, number>();
  const all = [...missions.map(({ title }) => title), ...notes, ...questions.map(({ prompt }) => prompt)];
  for (const text of all) times.set(text, (times.get(text) ?? 0) + 1);
  const known = new Set(writes.map(({ text }) => text));
  return [
    ...writes.flatMap(({ text, outcome }) => {
      const there = times.get(text) ?? 0;
      const isRight = there === 1 || (there === 0 && outcome === 'unknown');
      return isRight ? [] : [`"${text}" was ${outcome} and is there ${there} times`];
    }),
    ...[...times.keys()].flatMap((text) => (known.has(text) ? [] : [`"${text}" is there, and no tool wrote it`])),
  ];
}

function ends({ played, missions, questions }: ToolObservations): string[] {
  return [
    ...played.flatMap(({ missionId, requestId, answer, isDone }) => {
      const found: string[] = [];
      const say = (fault: string): void => void found.push(`mission ${missionId} of tools: ${fault}`);
      const status = missions.find(({ id }) => id === missionId)?.status;
      if (!isDone) say('its agent got no answer to its calls');
      else if (status !== 'completed') say(`was completed and is ${status ?? 'lost'}`);
      const question = questions.find(({ id }) => id === requestId);
      if (question?.status !== 'responded') say(`its question was answered and is ${question?.status ?? 'lost'}`);
      else if (question.text !== answer) say(`"${answer}" was accepted and "${question.text}" is stored`);
      return found;
    }),
    ...questions.flatMap(({ id, status }) =>
      status === 'pending' ? [`question ${id} of tools is pending, though its mission has ended`] : [],
    ),
  ];
}
