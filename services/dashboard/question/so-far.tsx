import { Entries } from '../mission/entries.tsx';
import { client } from '../store/client.ts';
import { useResource } from '../store/resource.ts';

/** What the mission did before it asked. */
export function SoFar({ missionId }: { missionId: string }) {
  const { data } = useResource(
    `so far ${missionId}`,
    () => client.getMyMission(missionId, { include_events: 10 }),
    ({ mission_id }) => mission_id === missionId,
  );
  const mission = data.value;
  if (!mission) return null;
  const total = Object.values(mission.task_counts).reduce((sum, count) => sum + count, 0);
  return (
    <section aria-labelledby="so-far">
      <h2 id="so-far">What the mission did so far</h2>
      <p>
        <a href={`/missions/${missionId}`}>
          <bdi>{mission.title}</bdi>
        </a>
        {total > 0 && (
          <span class="quiet">
            {' '}
            {mission.task_counts.completed} of {total} tasks done
          </span>
        )}
      </p>
      <Entries events={mission.recent_events} />
    </section>
  );
}
