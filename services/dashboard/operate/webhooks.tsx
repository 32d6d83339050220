import type { OperatorResponseTo } from '@missions/client/operator-client.ts';
import { When } from '../text/when.tsx';
import { Table } from './table.tsx';

type Status = OperatorResponseTo<'getOperateStatus'>;
type Endpoint = NonNullable<Status['webhooks']>['webhooks'][number];

/** The endpoints of customers, those in trouble first. */
export const Webhooks = ({ webhooks: { total, webhooks } }: { webhooks: NonNullable<Status['webhooks']> }) =>
  total > 0 && (
    <>
      <Table
        caption="Webhooks"
        heads={['Endpoint', 'Customer', 'State', 'Last failure', 'Pending', 'Undelivered']}
        rows={webhooks.map((one) => ({
          key: one.id,
          cells: [
            <bdi>{one.url}</bdi>,
            <bdi>{one.customer_id}</bdi>,
            <State endpoint={one} />,
            one.last_error === '' ? '–' : <bdi class="written">{one.last_error}</bdi>,
            one.pending,
            one.undelivered,
          ],
        }))}
      />
      {total > webhooks.length && (
        <p class="quiet small">
          {webhooks.length} of {total}; <code>missions webhooks list</code> lists more.
        </p>
      )}
    </>
  );

function State({ endpoint: { status, failing_since, disabled_at } }: { endpoint: Endpoint }) {
  if (status === 'disabled')
    return (
      <>
        <strong class="trouble">disabled</strong> {disabled_at !== null && <When time={disabled_at} />}
      </>
    );
  if (status === 'active' && failing_since !== null)
    return (
      <>
        <strong class="trouble">failing</strong> since <When time={failing_since} />
      </>
    );
  return <>{status}</>;
}
