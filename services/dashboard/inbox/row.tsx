import { outcomeOf } from '../question/outcome.ts';
import { OutcomeSentence } from '../question/outcome-sentence.tsx';
import { client } from '../store/client.ts';
import type { InboxItem } from '../store/inbox.ts';
import { useResource } from '../store/resource.ts';
import { me } from '../store/session.ts';
import { When } from '../text/when.tsx';
import type { Row } from './arrange.ts';
import { putOffUntil } from './marks.ts';

const KINDS: Readonly<Record<InboxItem['kind'], string>> = {
  question: 'Question',
  task_failed: 'A task failed',
  paused_by_system: 'Paused by the system',
  unanswered: 'Nobody answered',
  bounced: 'Mail came back',
  stale: 'Untouched for long',
  budget: 'Budget spent',
};

interface InboxRowProps {
  readonly row: Row;
  /** Of a new one, that it was seen; of another, that it is new. */
  readonly onSeen: () => void;
  readonly onPutOff: () => void;
}

/** One thing that waits, in one sentence: what, of which mission, who asks, since when, until when. */
export function InboxRow({ row: { item, isOver }, onSeen, onPutOff }: InboxRowProps) {
  const { id, kind, mission, of_user_id, summary, since, until, agent_id, urgency, seen_at } = item;
  const isNew = seen_at === undefined && !isOver;
  return (
    <li data-item={id} class={`item ${isOver ? 'over' : ''} ${isNew ? 'new' : ''}`}>
      <div class="item-body">
        <a class="what written" dir="auto" href={addressOf(item)}>
          {/* Its own direction, or its letters would say which way the summary reads. */}
          {isNew && (
            <span class="unseen" dir="ltr">
              New:{' '}
            </span>
          )}
          {summary}
        </a>
        <p class="small quiet">
          {urgency === 'high' && <strong class="urgent">Urgent</strong>}
          <span>{KINDS[kind]}</span>
          {of_user_id === undefined ? (
            <a href={`/missions/${mission.id}`} class="of-mission" dir="auto">
              {mission.title}
            </a>
          ) : (
            <span>
              of <bdi>{of_user_id}</bdi>: <bdi>{mission.title}</bdi>
            </span>
          )}
          {agent_id !== undefined && (
            <span>
              from <bdi>{agent_id}</bdi>
            </span>
          )}
          <span>
            <When time={since} />
          </span>
          {until !== undefined && !isOver && (
            <span>
              due <When time={until} />
            </span>
          )}
        </p>
        {isOver && <Over item={item} />}
      </div>
      {!isOver && (
        <div class="item-acts">
          <button type="button" class="plain small" onClick={onSeen}>
            {isNew ? 'Seen' : 'Mark as new'}
          </button>
          <button type="button" class="plain small" onClick={onPutOff}>
            Put off
          </button>
        </div>
      )}
    </li>
  );
}

const addressOf = ({ request_id, mission }: InboxItem): string =>
  request_id === undefined ? `/missions/${mission.id}` : `/q/${request_id}`;

/** What became of it, in the place of the row. */
function Over({ item }: { item: InboxItem }) {
  const until = putOffUntil.value[item.id];
  if (until !== undefined)
    return (
      <p class="small">
        Put off: comes back <When time={until} absolute />
      </p>
    );
  if (item.kind === 'question' && item.request_id !== undefined) return <QuestionOver id={item.request_id} />;
  return <p class="small">This no longer waits for you.</p>;
}

function QuestionOver({ id }: { id: string }) {
  const { data } = useResource(
    `/q/${id}`,
    () => client.getMyInputRequest(id),
    () => false,
  );
  const outcome = data.value && outcomeOf(data.value, me.value?.user_id);
  return <p class="small">{outcome ? <OutcomeSentence outcome={outcome} /> : 'This no longer waits for you.'}</p>;
}
