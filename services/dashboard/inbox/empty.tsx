import { client } from '../store/client.ts';
import { useResource } from '../store/resource.ts';
import { When } from '../text/when.tsx';

const SHOWN = 5;

/** Nothing waits: what agents work on, or, to somebody who is new here, what this is about. */
export function Empty({ wasFull }: { wasFull: boolean }) {
  const { data } = useResource(
    '/ at work',
    () => client.listMyMissions({ limit: SHOWN, sort: '-updated_at' }),
    () => true,
  );
  if (!data.value) return null;
  const { missions } = data.value;
  if (missions.length === 0 && !wasFull) return <FirstVisit />;
  const open = missions.filter(({ status }) => status === 'active' || status === 'waiting' || status === 'paused');
  const due = open
    .map(({ due_at }) => due_at)
    .filter((time) => time !== null)
    .sort()
    .at(0);
  return (
    <section class="empty">
      <p class="lead">Nothing waits for you.</p>
      {due !== undefined && (
        <p>
          The next of these is due <When time={due} absolute />.
        </p>
      )}
      {open.length > 0 && (
        <>
          <h2>What agents work on</h2>
          <ul class="rows">
            {open.map(({ id, title, updated_at, blocked_by }) => (
              <li key={id} class="item">
                <div class="item-body">
                  <a class="what written" dir="auto" href={`/missions/${id}`}>
                    {title}
                  </a>
                  <p class="small quiet">
                    {blocked_by !== '' && <span dir="auto">waits: {blocked_by}</span>}
                    <span>
                      changed <When time={updated_at} />
                    </span>
                  </p>
                </div>
              </li>
            ))}
          </ul>
        </>
      )}
    </section>
  );
}

const FirstVisit = () => (
  <section class="empty">
    <p class="lead">You have no missions yet.</p>
    <p>
      A mission is work that goes on after the conversation in which it began: an agent plans it, waits for people and
      mail, and asks you here when it needs you.
    </p>
    <p>Ask your agent for one, for example:</p>
    <blockquote>Find a date for the budget meeting with Ben and Carla, and write the invitation.</blockquote>
    <p>
      A program makes one with <code>POST /api/v1/missions</code>; <a href="/docs">the description of the API</a> says
      how.
    </p>
  </section>
);
