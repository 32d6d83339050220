import { createHash } from 'node:crypto';
import type { MissionsClient } from '@missions/client/client.ts';
import type { NamedCall } from '../loop/tool-set.ts';
import type { Granted } from './run-message.ts';

/**
 * A run whose lease was lost, or that failed, is followed by another one with the next `attempt`. Together they are one turn on the mission, known by
 * the id of the first: what that has done under an idempotency key, the ones after it do not do again.
 */
export async function chainOf(client: MissionsClient, { run }: Granted, signal: AbortSignal): Promise<string> {
  if (run.attempt === 1) return run.id;
  const { runs } = await client.listMissionRuns(run.mission_id, { limit: Math.min(run.attempt + 1, 200) }, { signal });
  const from = runs.findIndex(({ id }) => id === run.id);
  const first = runs.slice(from).find(({ attempt }) => attempt === 1);
  return from === -1 ? run.id : (first ?? runs.at(-1) ?? run).id;
}

/**
 * Names the calls of a chain of runs: a call is known by what it does, and the how-manieth of the same it is, not by its step. A model that is asked
 * again seldom goes the same steps, and may well have more in its prompt than the one before; the same step with another body would be refused.
 * The arguments are put into one order, as a body with its members in another order is another body.
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

/** The order of an object's members says nothing. */
function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (value === null || typeof value !== 'object') return value;
  return Object.fromEntries(
    Object.entries(value)
      .sort(([one], [other]) => (one < other ? -1 : 1))
      .map(([name, member]) => [name, sorted(member)]),
  );
}
