import { createHash } from 'node:crypto';
import type { MissionsClient } from '@missions/client/client.ts';
import type { NamedCall } from '../loop/tool-set.ts';
import type { Granted } from './run-message.ts';

/**
 * The id of the first run of a chain. A run whose lease was lost, or that failed, is followed by another run with the
 * next `attempt`; together they are one turn on the mission. An effect that an earlier run had under an idempotency key
 * does not happen again in a later one.
 */
export async function chainOf(client: MissionsClient, { run }: Granted, signal: AbortSignal): Promise<string> {
  if (run.attempt === 1) return run.id;
  const { runs } = await client.listMissionRuns(run.mission_id, { limit: Math.min(run.attempt + 1, 200) }, { signal });
  const from = runs.findIndex(({ id }) => id === run.id);
  const first = runs.slice(from).find(({ attempt }) => attempt === 1);
  return from === -1 ? run.id : (first ?? runs.at(-1) ?? run).id;
}

/**
 * Names the calls of a chain of runs. A call is identified by its content and by how many equal calls came before it,
 * not by its step: a model that is asked again seldom takes the same steps, and may have more in its prompt than
 * before, and the same step with another body would be refused. The arguments are sorted, because a body with its
 * members in another order is another body.
 */
export function callNames(chain: string): (name: string, args: unknown) => NamedCall {
  const seen = new Map<string, number>();
  return (name, given) => {
    const args = sorted(given);
    const digest = createHash('sha256')
      .update(JSON.stringify([name, args]))
      .digest('base64url');
    const nth = (seen.get(digest) ?? 0) + 1;
    seen.set(digest, nth);
    return { idempotencyKey: `run:${chain}:${digest}:${nth}`, args };
  };
}

/** Sorts object members, whose order carries no meaning. */
function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (value === null || typeof value !== 'object') return value;
  return Object.fromEntries(
    Object.entries(value)
      .sort(([one], [other]) => (one < other ? -1 : 1))
      .map(([name, member]) => [name, sorted(member)]),
  );
}
