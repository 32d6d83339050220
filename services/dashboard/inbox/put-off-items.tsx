import { useSignal } from '@preact/signals';
import { client } from '../store/client.ts';
import { useResource } from '../store/resource.ts';
import { When } from '../text/when.tsx';

/** Those that come back later, for whoever wants to see them now. */
export function PutOffItems({ wakesAt }: { wakesAt: string }) {
  const isOpen = useSignal(false);
  return (
    <details class="group" onToggle={({ currentTarget }) => (isOpen.value = currentTarget.open)}>
      <summary>
        Put off; the next comes back <When time={wakesAt} />
      </summary>
      {isOpen.value && <Items />}
    </details>
  );
}

function Items() {
  const { data } = useResource(
    '/ put off',
    () => client.listMyInbox({ snoozed: true, limit: 50 }),
    () => true,
  );
  return (
    <ul class="rows">
      {data.value?.items.map(({ id, request_id, mission, summary, snoozed_until }) => (
        <li key={id} class="item">
          <div class="item-body">
            <a class="what written" dir="auto" href={request_id ? `/q/${request_id}` : `/missions/${mission.id}`}>
              {summary}
            </a>
            {snoozed_until !== undefined && (
              <p class="small quiet">
                comes back <When time={snoozed_until} absolute />
              </p>
            )}
          </div>
        </li>
      ))}
    </ul>
  );
}
