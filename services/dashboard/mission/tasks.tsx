import type { MissionDetail, Task } from '../store/shapes.ts';
import { useSignal } from '@preact/signals';
import { useAct } from '../shell/act.tsx';
import { Deliberate } from '../shell/deliberate.tsx';
import { later } from '../shell/later.tsx';
import { client } from '../store/client.ts';
import { When } from '../text/when.tsx';
import { Written } from '../text/written.tsx';
import { isOpen, isRetryable } from './controls.tsx';
import type { MissionData } from './data.ts';
import { FIRST_SHOWN, firstTasks } from './first-tasks.ts';
import { Deadline } from './head.tsx';
import { awaited } from './standing.ts';
import { taskWord } from './words.ts';

/** Above so many tasks a picture says less than the list. */
const MOST_TASKS = 200;

interface Props {
  readonly data: MissionData;
  readonly mission: MissionDetail;
}

export function Tasks({ data, mission }: Props) {
  const asGraph = useSignal(false);
  const { tasks } = mission;
  const drawable = tasks.length <= MOST_TASKS && tasks.some(({ depends_on }) => depends_on.length > 0);
  return (
    <section aria-labelledby="tasks">
      <h2 id="tasks">Tasks</h2>
      {tasks.length === 0 && <p>No tasks yet: an agent plans them.</p>}
      {drawable && (
        <fieldset class="choice">
          <legend class="unseen">Show the tasks as</legend>
          {(['List', 'Graph'] as const).map((form) => (
            <label key={form}>
              <input
                type="radio"
                name="tasks-as"
                checked={asGraph.value === (form === 'Graph')}
                onChange={() => (asGraph.value = form === 'Graph')}
              />{' '}
              {form}
            </label>
          ))}
        </fieldset>
      )}
      {drawable && asGraph.value ? <Picture tasks={tasks} /> : <List data={data} mission={mission} />}
    </section>
  );
}

function List({ data, mission }: Props) {
  const wanted = useSignal(FIRST_SHOWN);
  const { tasks } = mission;
  const shown = firstTasks(tasks, wanted.value);
  const titles = new Map(tasks.map(({ id, title }) => [id, title]));
  return (
    <>
      <ol class="tasks">
        {shown.map((task) => (
          <TaskRow key={task.id} task={task} titles={titles} data={data} mission={mission} />
        ))}
      </ol>
      {shown.length < tasks.length && (
        <div class="actions">
          <button type="button" onClick={() => (wanted.value *= 4)}>
            Show more tasks
          </button>
          <span class="quiet small">
            {shown.length} of {tasks.length} are shown, and among them what failed, waits or is being worked on
          </span>
        </div>
      )}
    </>
  );
}

/** Few look at it. */
const Picture = later(async () => (await import('./task-graph.tsx')).TaskGraph);

interface RowProps extends Props {
  readonly task: Task;
  readonly titles: ReadonlyMap<string, string>;
}

function TaskRow({ task, titles, data, mission }: RowProps) {
  const before = task.depends_on.map((id) => titles.get(id)).filter((title) => title !== undefined);
  const waits = mission.blockers.filter(({ task_id }) => task_id === task.id);
  return (
    <li id={`task-${task.id}`} class={`task ${task.status}`}>
      <p class="task-head">
        <span class={`dot ${task.status}`} aria-hidden="true" />
        <bdi class="task-title">{task.title}</bdi>
        <span class="task-status">{taskWord(task.status)}</span>
      </p>
      {task.description && <Written as="p" text={task.description} />}
      {before.length > 0 && task.status === 'pending' && (
        <p class="quiet small">
          After:{' '}
          {before.map((title, index) => (
            <>
              {index > 0 && ', '}
              <bdi>{title}</bdi>
            </>
          ))}
        </p>
      )}
      {waits.map(({ key, kind, reason, since, until_at }) => (
        <p class="quiet small" key={key}>
          Waits for {awaited(kind)}
          {reason && (
            <>
              : <bdi>{reason}</bdi>
            </>
          )}
          , since <When time={since} />
          {until_at && (
            <>
              , until <Deadline time={until_at} />
            </>
          )}
        </p>
      ))}
      {task.error && (
        <p class="trouble written" dir="auto">
          {task.error}
        </p>
      )}
      <TaskControls
        task={task}
        data={data}
        mission={mission}
        byHand={waits.some(({ kind }) => kind !== 'human_input')}
      />
    </li>
  );
}

const OPEN: readonly Task['status'][] = [
  'pending',
  'ready',
  'in_progress',
  'waiting_human',
  'waiting_external',
  'blocked',
  'failed',
];

function TaskControls({ task, data, mission, byHand }: Props & { readonly task: Task; readonly byHand: boolean }) {
  const { busy, run, trouble } = useAct();
  const retryable = task.status === 'failed' && isRetryable(mission);
  const skippable = isOpen(mission) && OPEN.includes(task.status);
  if (!retryable && !skippable) return null;
  const act = (what: () => Promise<unknown>, done: string) =>
    run(async () => {
      await what();
      await data.mission.reload();
    }, done);
  const about = task.title.slice(0, 80);
  const control = (label: string, what: () => Promise<unknown>, done: string) => (
    <button type="button" class="plain" disabled={busy} onClick={() => act(what, done)}>
      {label}
      <span class="unseen"> {about}</span>
    </button>
  );
  return (
    <>
      <div class="actions quietly">
        {retryable && control('Try again', () => client.retryMyTask(mission.id, task.id), 'The task is tried again')}
        {skippable && byHand && (
          <>{control('Mark as received', () => client.markReceived(mission.id, task.id), 'Marked as received')}</>
        )}
        {skippable && (
          <Deliberate
            label="Skip"
            about={about}
            verb="Skip it for good"
            disabled={busy}
            onAct={() => act(() => client.skipMyTask(mission.id, task.id), 'The task is skipped')}
          >
            <bdi>{task.title}</bdi> is not done, and what depends on it goes on without it. This cannot be undone.
          </Deliberate>
        )}
      </div>
      {trouble}
    </>
  );
}
