import type { OperatorResponseTo } from '@missions/client/operator-client.ts';
import { Reading } from '../shell/reading.tsx';
import { When } from '../text/when.tsx';
import { operator, useRefreshed } from './reading.ts';
import { Table } from './table.tsx';

type Key = OperatorResponseTo<'listAgentKeys'>['keys'][number];

/** Agents' keys, the newest first; the operators' commands make and revoke them. */
export function Keys() {
  const resource = useRefreshed('keys', () => operator.listAgentKeys());
  const keys = resource.data.value?.keys;
  return (
    <section class="panel" aria-labelledby="keys">
      <h2 id="keys">Keys of agents</h2>
      <Reading of={resource}>
        {keys?.length === 0 && <p class="quiet">There are none.</p>}
        {keys && keys.length > 0 && (
          <Table
            caption="Keys of agents"
            heads={['Agent', 'May do', 'For', 'Made', 'Last used', 'Until']}
            rows={keys.map((key) => ({
              key: key.id,
              cells: [
                <>
                  <bdi>{key.agent_id}</bdi> of <bdi>{key.customer_id}</bdi>
                  {key.label !== '' && (
                    <p class="quiet small written" dir="auto">
                      {key.label}
                    </p>
                  )}
                </>,
                key.scopes?.join(', ') ?? 'all',
                key.users ? <bdi>{key.users.join(', ')}</bdi> : 'all users',
                <When time={key.created_at} />,
                key.last_used_at === null ? 'never' : <When time={key.last_used_at} />,
                <End of={key} />,
              ],
            }))}
          />
        )}
      </Reading>
    </section>
  );
}

function End({ of: { revoked_at, expires_at } }: { of: Key }) {
  if (revoked_at !== null)
    return (
      <>
        <span class="badge bad">revoked</span> <When time={revoked_at} />
      </>
    );
  return expires_at === null ? <>it is revoked</> : <When time={expires_at} />;
}
