import { randomUUID } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import type { ApiResponse, Api } from '@missions/test-support/api.ts';
import { waitUntil } from '@missions/test-support/wait-until.ts';

/** What was acknowledged to a caller: a mission, and the marks that the caller logged there. */
export interface Acknowledged {
  missionId: string;
  marks: string[];
}

export interface Load {
  readonly acknowledged: readonly Acknowledged[];
  /** Acknowledged writes so far. */
  count(): number;
  /** Unacknowledged writes may or may not be stored. @throws Error when a write was refused. */
  stop(): Promise<void>;
}

const MARKS_PER_MISSION = 20;
/** A killed service never responds to the requests that it held, so a caller soon retries under the same key. */
const PATIENCE_MS = 1_000;
/** Leaves the machine time for the kills and restarts. */
const BREATH_MS = 15;

/**
 * Writers that retry as careful callers do: each write has a key of its own and is retried under it until it
 * is acknowledged.
 */
export function startLoad(api: Api, writers: number): Load {
  const acknowledged: Acknowledged[] = [];
  let written = 0;
  let stopping = false;

  const insistently = async (path: string, body: object): Promise<ApiResponse | undefined> => {
    const headers = { 'idempotency-key': randomUUID() };
    const answer = await waitUntil(
      async () => {
        if (stopping) return 'given up';
        const answer = await api.post(path, body, { headers, withinMs: PATIENCE_MS });
        return answer.status < 500 ? answer : undefined;
      },
      { withinMs: 40_000, everyMs: 50, what: `an answer to ${path}` },
    );
    if (answer === 'given up') return undefined;
    if (answer.status !== 201) throw new Error(`refused: ${answer.status} ${answer.text}`);
    written++;
    await pause(BREATH_MS);
    return answer;
  };
  const write = async (writer: number): Promise<void> => {
    for (let round = 0; !stopping; round++) {
      const created = await insistently('missions', { user_id: 'ada', title: `writer ${writer} round ${round}` });
      if (!created) return;
      const own: Acknowledged = { missionId: created.body.id, marks: [] };
      acknowledged.push(own);
      while (!stopping && own.marks.length < MARKS_PER_MISSION) {
        const mark = `mark ${own.marks.length} of writer ${writer}`;
        if (await insistently(`missions/${own.missionId}/events`, { event_type: 'note', content: mark }))
          own.marks.push(mark);
      }
    }
  };
  const done = Promise.all(Array.from({ length: writers }, (_, writer) => write(writer)));
  // stop() rethrows the error of a writer; this handler only prevents an unhandled rejection before.
  done.catch(() => {});
  return {
    acknowledged,
    count: () => written,
    stop: async () => {
      stopping = true;
      await done;
    },
  };
}
