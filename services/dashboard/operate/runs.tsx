import type { OperatorResponseTo } from '@missions/client/operator-client.ts';
import { useSignal } from '@preact/signals';
import { Reading } from '../shell/reading.tsx';
import { When } from '../text/when.tsx';
import { operator, useRefreshed } from './reading.ts';
import { Table } from './table.tsx';

type Run = OperatorResponseTo<'listAllRuns'>['runs'][number];

const STATUS: Readonly<Record<Run['status'], string>> = {
  queued: 'waits for an agent',
  claimed: 'under way',
  succeeded: 'ended well',
  failed: 'failed',
  expired: 'given up',
};
const TONE: Partial<Record<Run['status'], string>> = { succeeded: 'good', failed: 'bad', expired: 'bad' };
const statuses = Object.keys(STATUS) as Run['status'][];

/** The newest runs of autonomous missions. */
export function Runs() {
  const status = useSignal<Run['status'] | ''>('');
  return (
    <section class="panel" aria-labelledby="runs">
      <h2 id="runs">Runs</h2>
      <div class="filters">
        <label>
          Which
          <select
            value={status.value}
            onChange={({ currentTarget }) => (status.value = currentTarget.value as Run['status'] | '')}
          >
            <option value="">all</option>
            {statuses.map((one) => (
              <option key={one} value={one}>
                {STATUS[one]}
              </option>
            ))}
          </select>
        </label>
      </div>
      <RunList key={status.value} status={status.value} />
    </section>
  );
}

function RunList({ status }: { status: Run['status'] | '' }) {
  const resource = useRefreshed(`runs ${status}`, () => operator.listAllRuns(status === '' ? {} : { status }));
  const runs = resource.data.value?.runs;
  return (
    <Reading of={resource}>
      {runs?.length === 0 && <p class="quiet">There are none.</p>}
      {runs && runs.length > 0 && (
        <Table
          caption="Runs"
          heads={['Requested', 'Status', 'For', 'Agent', 'Mission', 'Attempt']}
          rows={runs.map((run) => ({
            key: run.id,
            cells: [
              <When time={run.requested_at} />,
              <>
                <span class={`badge ${TONE[run.status] ?? ''}`}>{STATUS[run.status]}</span>
                {run.lease_expires_at !== null && run.status === 'claimed' && (
                  <>
                    {' '}
                    until <When time={run.lease_expires_at} />
                  </>
                )}
                {run.error && (
                  <p class="trouble written" dir="auto">
                    {run.error}
                  </p>
                )}
              </>,
              <>
                <bdi>{run.user_id}</bdi> of <bdi>{run.customer_id}</bdi>
              </>,
              <bdi>{run.agent_id ?? '–'}</bdi>,
              <code>{run.mission_id}</code>,
              run.attempt,
            ],
          }))}
        />
      )}
    </Reading>
  );
}
