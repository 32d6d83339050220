import type { readRunMessage } from '../runs/run-message.ts';
import { type Move, refusal, result } from './rule.ts';
import type { Scene } from './scene.ts';

type Run = NonNullable<ReturnType<typeof readRunMessage>>;

/** The option by which the user confirms the task. The rules can go by nothing but the user's own word. */
const DONE = 'done';
const SKIP = 'skip';
const LATER = 'later';
const THREE_DAYS = 72;

/**
 * The part of a run that rules can do honestly: nothing of the work itself. They ask the user once whether the next
 * task is done, record the user's response, and leave everything else as it is, so that the scheduler checks less and
 * less often. A run makes at most one call, so that no loop can result.
 */
export function nextInRun(scene: Scene, { missionId, next }: Run): Move {
  const refused = refusal(scene);
  if (refused) return refused;
  if (result(scene, 'mission_update_task')) return { say: 'I have recorded what the user answered.' };
  if (result(scene, 'mission_ask_user')) return { say: 'I have asked the user about the next task.' };
  const decided = next.find(({ answer }) => answer === DONE || answer === SKIP);
  if (decided) {
    const status = decided.answer === DONE ? 'completed' : 'skipped';
    return { call: 'mission_update_task', input: { mission_id: missionId, task_id: decided.id, status } };
  }
  const open = next.find(({ answer }) => answer === undefined);
  if (!open)
    return { say: 'There is nothing that rules can do here: it needs a person, or an agent with a language model.' };
  return {
    call: 'mission_ask_user',
    input: {
      mission_id: missionId,
      task_id: open.id,
      prompt: `The next task is "${open.title}". I have no language model and cannot do it for you. Is it done?`,
      options: [
        { id: DONE, label: 'It is done' },
        { id: SKIP, label: 'Skip it' },
        { id: LATER, label: 'Leave it open' },
      ],
      allow_freeform: false,
      expires_in_hours: THREE_DAYS,
      on_timeout: 'resume',
    },
  };
}
