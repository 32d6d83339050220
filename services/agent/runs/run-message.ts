import type { ResponseTo } from '@missions/client/client.ts';
import type { Response } from '@missions/contracts/approval/input-request.ts';
import type { Task } from '@missions/contracts/mission/representation.ts';

export type Claimed = NonNullable<ResponseTo<'claimRun'>>;
export type Granted = Claimed & {
  readonly run: NonNullable<Claimed['run']>;
  readonly context: NonNullable<Claimed['context']>;
};

const BEGINNING = 'Autonomous run of mission ';

/** The message that tells the model about a run. The brief quotes text that people wrote. */
export function runMessage({ run, context: { mission, next_tasks, brief } }: Granted): string {
  const next = next_tasks
    .slice(0, 20)
    .map((task) => `- ${task.id} [${task.status}]${answerOf(task)} ${JSON.stringify(task.title)}`);
  return `${BEGINNING}${mission.id}. The user is not here. Take it as far as you can now: record what you do, ask the user with mission_ask_user where a person has to decide, and end it with mission_complete once its goal is reached. Change nothing if nothing can be done. mission_get shows everything.
Why now: ${run.reason}, attempt ${run.attempt}. What an earlier attempt has done is done: it shows in the tasks.

${brief}
${next.length > 0 ? `\nNext tasks:\n${next.join('\n')}` : '\nNo task is ready.'}`;
}

/** The user's own response. A default option that a timeout took is not a response. */
function answerOf({ result }: Task): string {
  const response = result['response'] as Response | undefined;
  return response && response.via !== 'timeout' && response.selected_option
    ? ` answered ${JSON.stringify(response.selected_option)}`
    : '';
}

export interface ReadTask {
  readonly id: string;
  readonly answer: string | undefined;
  readonly title: string;
}

/**
 * Reads the run's message for the built-in rules, which see only what a model would see. Undefined if the text is not
 * about a run.
 */
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
