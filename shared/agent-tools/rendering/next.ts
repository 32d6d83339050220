import type { MissionStatus } from '@missions/contracts/mission/vocabulary.ts';
import type { OpenBlocker, Task } from '@missions/contracts/mission/representation.ts';

interface State {
  readonly mission: { readonly status: MissionStatus; readonly paused_by?: string | null };
  readonly tasks: readonly Pick<Task, 'id' | 'status'>[];
  readonly blockers: readonly OpenBlocker[];
}

/** What can be done from here, with the call that does it. */
export function nextSteps({ mission, tasks, blockers }: State): string {
  const { status, paused_by } = mission;
  if (status === 'completed' || status === 'cancelled')
    return 'Next: nothing; the mission has ended. New work needs a new mission.';
  if (status === 'failed')
    return 'Next: mission_update_task status ready retries a failed task; mission_update phase planning plans anew.';
  if (status === 'paused')
    return paused_by === 'agent'
      ? 'Next: mission_resume lifts the pause.'
      : `Next: nothing; it was paused by the ${paused_by ?? 'user'}, and only the user lifts that.`;
  const ids = (wanted: readonly string[]): string =>
    tasks
      .filter((task) => wanted.includes(task.status))
      .slice(0, 3)
      .map((task) => task.id)
      .join(', ');
  const steps: string[] = [];
  const [working, ready, failed] = [ids(['in_progress']), ids(['ready']), ids(['failed'])];
  if (working) steps.push(`finish ${working} (mission_update_task status completed, with result)`);
  if (ready) steps.push(`start ${ready} (mission_update_task status in_progress, or completed when it is done)`);
  if (failed) steps.push(`${failed} failed: retry (status ready) or skip (status skipped)`);
  const asked = blockers.find((blocker) => blocker.kind === 'human_input');
  if (asked) steps.push('the user must answer (mission_ask_user with request_id reads the answer); nobody else can');
  else if (blockers.length > 0) steps.push('it waits by itself and goes on when that arrives');
  if (steps.length === 0)
    steps.push(
      tasks.length === 0
        ? 'plan it with mission_add_task, or end it with mission_complete'
        : 'every task is done: mission_complete with a summary, or mission_add_task',
    );
  return `Next: ${steps.join('; ')}.`;
}
