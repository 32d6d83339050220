import { useSignal } from '@preact/signals';
import { Reading } from '../shell/reading.tsx';
import { operator, useRefreshed } from './reading.ts';
import { Table } from './table.tsx';

const SPANS: Readonly<Record<number, string>> = { 1: 'today', 7: 'the last 7 days', 30: 'the last 30 days' };
/** Those who have used the most come first. */
const SHOWN = 100;

/** What agents have used, for whom. */
export function Usage() {
  const days = useSignal(1);
  return (
    <section class="panel" aria-labelledby="usage">
      <h2 id="usage">Usage</h2>
      <div class="filters">
        <label>
          When
          <select value={days.value} onChange={({ currentTarget }) => (days.value = Number(currentTarget.value))}>
            {Object.entries(SPANS).map(([count, name]) => (
              <option key={count} value={count}>
                {name}
              </option>
            ))}
          </select>
        </label>
      </div>
      <Users key={days.value} days={days.value} />
    </section>
  );
}

function Users({ days }: { days: number }) {
  const resource = useRefreshed(`usage ${days}`, () => operator.listUsage({ days, limit: SHOWN }));
  const usage = resource.data.value?.usage;
  return (
    <Reading of={resource}>
      {usage?.length === 0 && <p class="quiet">Agents have used nothing.</p>}
      {usage && usage.length > 0 && (
        <>
          <p class="quiet small">
            Days are those of UTC.{usage.length === SHOWN && ` The ${SHOWN} users with the most tokens are shown.`}
          </p>
          <Table
            caption="Usage"
            heads={['For', 'Runs', 'Tokens read', 'Tokens written', 'Cost']}
            rows={usage.map(({ customer_id, user_id, runs, input_tokens, output_tokens, costs }) => ({
              key: JSON.stringify([customer_id, user_id]),
              cells: [
                <>
                  <bdi>{user_id}</bdi> of <bdi>{customer_id}</bdi>
                </>,
                runs.toLocaleString(),
                input_tokens.toLocaleString(),
                output_tokens.toLocaleString(),
                costs.map(({ amount, currency }) => `${amount} ${currency}`).join(', ') || '–',
              ],
            }))}
          />
        </>
      )}
    </Reading>
  );
}
