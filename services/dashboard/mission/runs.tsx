import type { Run } from '../store/shapes.ts';
import { When } from '../text/when.tsx';
import { useRuns } from './data.ts';

const STATUS: Readonly<Record<Run['status'], string>> = {
  queued: 'waits for an agent',
  claimed: 'under way',
  succeeded: 'ended well',
  failed: 'failed',
  expired: 'given up: its agent went silent',
};
const REASON: Readonly<Record<Run['reason'], string>> = {
  interval: 'its time had come',
  unblocked: 'what it waited for had come',
  created: 'it was new',
  retry: 'the one before had failed',
};

/** What agents did by themselves. */
export function Runs({ missionId }: { readonly missionId: string }) {
  const { data, error } = useRuns(missionId);
  const runs = data.value?.runs ?? [];
  if (runs.length === 0 && !error.value) return null;
  return (
    <section aria-labelledby="runs">
      <h2 id="runs">Runs</h2>
      {!!error.value && runs.length === 0 && <p role="alert">The runs cannot be read at the moment.</p>}
      <ul class="runs">
        {runs.map((run) => (
          <li key={run.id} class={run.status}>
            <p>
              <span class="author">{STATUS[run.status]}</span>
              {run.agent_id && (
                <>
                  {' '}
                  <bdi>{run.agent_id}</bdi>
                </>
              )}
              <span class="quiet small">
                {' '}
                because {REASON[run.reason]}
                {run.attempt > 1 && `, attempt ${run.attempt}`}
              </span>
              <span class="quiet small">
                {' '}
                <When time={run.finished_at ?? run.claimed_at ?? run.requested_at} />
              </span>
            </p>
            <Used of={run.usage} />
            {run.error && (
              <p class="trouble written" dir="auto">
                {run.error}
              </p>
            )}
          </li>
        ))}
      </ul>
    </section>
  );
}

/** Nothing where its agent has reported nothing. */
function Used({ of: { input_tokens, output_tokens, costs } }: { readonly of: Run['usage'] }) {
  if (input_tokens + output_tokens + costs.length === 0) return null;
  const tokens = `${input_tokens.toLocaleString()} tokens read, ${output_tokens.toLocaleString()} written`;
  return <p class="quiet small">{[tokens, ...costs.map((cost) => `${cost.amount} ${cost.currency}`)].join(', ')}</p>;
}
