import type { ResponseTo } from '@missions/client/client.ts';
import type { Response } from '@missions/contracts/approval/input-request.ts';
import type { Task } from '@missions/contracts/mission/representation.ts';

export type Claimed = NonNullable<ResponseTo<'claimRun'>>;
export type Granted = Claimed & {
  readonly run: NonNullable<Claimed['run']>;
  readonly context: NonNullable<Claimed['context']>;
};

const BEGINNING = 'Autonomous run of mission ';

/** What the model is told of a run. The brief quotes what people wrote. */
export function runMessage({ run, context: { mission, next_tasks, brief } }: Granted): string {
  const next = next_tasks
    .slice(0, 20)
    .map((task) => `- ${task.id} [${task.status}]${answerOf(task)} ${JSON.stringify(task.title)}`);
  return `${BEGINNING}${mission.id}. The user is not here. Take it as far as you can now: record what you do, ask the user with mission_ask_user where a person has to decide, and end it with mission_complete once its goal is reached. Change nothing if nothing can be done. mission_get shows everything.
Why now: ${run.reason}, attempt ${run.attempt}. What an earlier attempt has done is done: it shows in the tasks.

${brief}
${next.length > 0 ? `\nNext tasks:\n${next.join('\n')}` : '\nNo task is ready.'}`;
}

/** What the user chose, and nobody else's choice: a default that a timeout took is none. */
function answerOf({ result }: Task): string {
  const response = result['response'] as Response | undefined;
  return response?.via === 'api' && response.selected_option
    ? ` answered ${JSON.stringify(response.selected_option)}`
    : '';
}

export interface ReadTask {
  readonly id: string;
  readonly answer: string | undefined;
  readonly title: string;
}

/** For the built-in rules, which read what a model would. Undefined: not of a run. */
export function readRunMessage(text: string): { missionId: string; next: ReadTask[] } | undefined {
  if (!text.startsWith(BEGINNING)) return undefined;
  const missionId = text.slice(BEGINNING.length, BEGINNING.length + 36);
  const lines = text
    .slice(text.lastIndexOf('\nNext tasks:\n') + 1)
    .matchAll(/^- ([0-9a-f-]{36}) \[\w+\](?: answered ("(?:[^"\\]|\\.)*"))? (".*")$/gm);
  return {
    missionId,
    next: [...lines].map(([, id = '', answer, title = '""']) => ({
      id,
      answer: answer === undefined ? undefined : (JSON.parse(answer) as string),
      title: JSON.parse(title) as string,
    })),
  };
}
