import type { MissionDetail } from '../store/shapes.ts';
import { later } from '../shell/later.tsx';
import { View } from '../shell/view.tsx';
import { When } from '../text/when.tsx';
import { Written } from '../text/written.tsx';
import { Controls } from './controls.tsx';
import { type MissionData, questionsOf, useMission } from './data.ts';
import { Deadline, EndingLine, Progress, StandingLine } from './head.tsx';
import { standingOf } from './standing.ts';
import { Tasks } from './tasks.tsx';
import { WordToAgent } from './word-to-agent.tsx';
import { missionWord } from './words.ts';

const Mail = later(async () => (await import('./mail.tsx')).Mail);
const Runs = later(async () => (await import('./runs.tsx')).Runs);
const MissionBounds = later(async () => (await import('../settings/bounds.tsx')).MissionBounds);
const History = later(async () => (await import('./history.tsx')).History);

/** `/missions/{id}` */
export default function MissionView({ id }: { readonly id: string }) {
  const data = useMission(id);
  const mission = data.mission.data.value;
  const error = data.mission.error.value;
  if (error?.status === 404 || error?.code === 'VALIDATION_FAILED')
    return (
      <View heading="No such mission">
        <p>
          It is no longer there, or it is not one of yours.{' '}
          <a href="/missions?tab=deleted">Those that you may restore</a>
        </p>
      </View>
    );
  if (mission) return <Whole data={data} mission={mission} />;
  return (
    <View heading="Mission">
      {error ? (
        <p role="alert">
          The mission cannot be read at the moment.{' '}
          <button type="button" onClick={() => void data.mission.reload()}>
            Try again
          </button>
        </p>
      ) : (
        <p class="late">Reading the mission …</p>
      )}
    </View>
  );
}

function Whole({ data, mission }: { readonly data: MissionData; readonly mission: MissionDetail }) {
  const questions = questionsOf(mission);
  const standing = standingOf({ mission, blockers: mission.blockers, tasks: mission.tasks, questions });
  return (
    <View heading={mission.title}>
      <div class="mission">
        <StandingLine standing={standing} />
        <EndingLine mission={mission} />
        <Progress mission={mission} />
        <p class="marks">
          <span class={`badge ${standing.tone}`}>{missionWord(mission.status)}</span>
          {mission.priority !== 'normal' && (
            <span class={`badge ${mission.priority}`}>{mission.priority} priority</span>
          )}
          {mission.can_run_autonomously && <span class="badge">agents work on it by themselves</span>}
          {mission.due_at && (
            <span class="quiet">
              due <When time={mission.due_at} />
            </span>
          )}
        </p>
        {mission.description && <Written as="p" text={mission.description} />}
        {mission.summary && (
          <section aria-labelledby="summary">
            <h2 id="summary">What was done</h2>
            <Written as="p" text={mission.summary} />
          </section>
        )}
        <Controls data={data} mission={mission} />
        <Questions mission={mission} />
        <Tasks data={data} mission={mission} />
        <WordToAgent data={data} mission={mission} />
        {mission.deleted_at === null && (
          <>
            <Mail missionId={mission.id} />
            <History missionId={mission.id} />
            <Runs missionId={mission.id} />
            {mission.can_run_autonomously && <MissionBounds missionId={mission.id} />}
          </>
        )}
      </div>
    </View>
  );
}

function Questions({ mission }: { readonly mission: MissionDetail }) {
  const questions = questionsOf(mission);
  if (questions.length === 0) return null;
  return (
    <section aria-labelledby="questions">
      <h2 id="questions">Asked of you</h2>
      <ul>
        {questions.map(({ request_id, prompt, expires_at }) => (
          <li key={request_id}>
            <a href={`/q/${request_id}`}>
              <bdi>{prompt}</bdi>
            </a>
            <p class="quiet small">
              Until <Deadline time={expires_at} />
            </p>
          </li>
        ))}
      </ul>
    </section>
  );
}
