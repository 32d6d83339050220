import { Reading } from '../shell/reading.tsx';
import { When } from '../text/when.tsx';
import { spanOf } from './figures.ts';
import { operator, useRefreshed } from './reading.ts';
import { Table } from './table.tsx';

const SHOWN = 50;

/** Those that are due next. */
export function Timers() {
  const resource = useRefreshed('timers', () => operator.listTimers({ limit: SHOWN }));
  const list = resource.data.value;
  return (
    <section class="panel" aria-labelledby="timers">
      <h2 id="timers">Timers</h2>
      <Reading of={resource}>
        {list?.timers.length === 0 && <p class="quiet">None is set.</p>}
        {list && list.timers.length > 0 && (
          <>
            {list.pending > list.timers.length && (
              <p class="quiet small">
                The next {list.timers.length} of {list.pending}
              </p>
            )}
            <Table
              caption="Timers"
              heads={['Due', 'Owner', 'What', 'Customer', 'Mission']}
              rows={list.timers.map(({ owner, key, customer_id, mission_id, fire_at, overdue_ms }) => ({
                key: `${owner} ${key}`,
                cells: [
                  <>
                    <When time={fire_at} />
                    {overdue_ms > 0 && <strong class="trouble"> overdue by {spanOf(overdue_ms)}</strong>}
                  </>,
                  owner,
                  <bdi>{key}</bdi>,
                  <bdi>{customer_id}</bdi>,
                  <code>{mission_id ?? '–'}</code>,
                ],
              }))}
            />
          </>
        )}
      </Reading>
    </section>
  );
}
