import type { MissionDetail } from '../store/shapes.ts';
import { useAct } from '../shell/act.tsx';
import { Deliberate } from '../shell/deliberate.tsx';
import { client } from '../store/client.ts';
import type { MissionData } from './data.ts';

interface Props {
  readonly data: MissionData;
  readonly mission: MissionDetail;
}

export const isOpen = ({ status, deleted_at }: MissionDetail): boolean =>
  deleted_at === null && (status === 'active' || status === 'waiting' || status === 'paused');
/** What has failed can be tried again, in a mission that has failed too. */
export const isRetryable = (mission: MissionDetail): boolean =>
  isOpen(mission) || (mission.deleted_at === null && mission.status === 'failed');

/** What may be done with a mission as it stands; nothing that would be refused is offered. */
export function Controls({ data, mission }: Props) {
  const { busy, run, trouble } = useAct();
  const { id, status, deleted_at } = mission;
  if (!isRetryable(mission) && deleted_at === null) return null;
  const act = (what: () => Promise<MissionDetail>, done: string) => run(async () => data.show(await what()), done);
  const control = (label: string, what: () => Promise<MissionDetail>, done: string, main = false) => (
    <button type="button" class={main ? 'primary' : ''} disabled={busy} onClick={() => act(what, done)}>
      {label}
    </button>
  );
  return (
    <section aria-label="Controls">
      <div class="actions">
        {deleted_at !== null && control('Restore', () => client.restoreMyMission(id), 'Restored, and paused', true)}
        {isOpen(mission) && mission.grace_period_ends_at !== null && (
          <>{control('Keep', () => client.keepMyMission(id), 'Kept', true)}</>
        )}
        {isOpen(mission) && status !== 'paused' && control('Pause', () => client.pauseMyMission(id), 'Paused')}
        {status === 'paused' && control('Resume', () => client.resumeMyMission(id), 'It goes on', true)}
        {isRetryable(mission) && mission.tasks.some((task) => task.status === 'failed') && (
          <>{control('Try again what failed', () => client.retryMyMission(id), 'What failed is tried again')}</>
        )}
        {isRetryable(mission) && (
          <Deliberate
            label="Cancel the mission"
            verb="Cancel it for good"
            disabled={busy}
            onAct={() => act(() => client.cancelMyMission(id), 'Cancelled')}
          >
            Its open tasks are skipped, its questions are withdrawn, and it does not go on. This cannot be undone.
          </Deliberate>
        )}
      </div>
      {isOpen(mission) && <ByItself mission={mission} busy={busy} act={act} />}
      {trouble}
    </section>
  );
}

interface ByItselfProps {
  readonly mission: MissionDetail;
  readonly busy: boolean;
  readonly act: (what: () => Promise<MissionDetail>, done: string) => void;
}

function ByItself({ mission: { id, can_run_autonomously }, busy, act }: ByItselfProps) {
  const toggle = (event: Event) => {
    // The switch shows what the product has taken, and not what was clicked.
    event.preventDefault();
    act(
      () => client.updateMyMission(id, { can_run_autonomously: !can_run_autonomously }),
      can_run_autonomously ? 'Agents work on it only in conversations' : 'Agents work on it by themselves',
    );
  };
  return (
    <label class="switch">
      <input type="checkbox" role="switch" checked={can_run_autonomously} disabled={busy} onClick={toggle} />
      <span>Agents work on it by themselves, while you are away</span>
    </label>
  );
}
