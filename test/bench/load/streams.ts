import { fork } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as pause } from 'node:timers/promises';
import type { Delivered } from '../delivery.ts';
import type { Bench } from '../row.ts';

interface Opening {
  count: number;
  origin: string;
  headers: Record<string, string>;
  /** The type of the events that count; others may come beside them. */
  event: string;
}

export type StreamOrder = ({ do: 'open' } & Opening) | { do: 'count' } | { do: 'close' };

export interface StreamAnswer {
  /** Events that came in the stream that got the fewest. */
  least?: number;
  delivered?: Delivered[];
}

/** Streams of one user, read by a process of its own. */
export interface Streams {
  /** Resolves when all are open. */
  open(order: Opening): Promise<void>;
  /** Closes them when each has had so many events, or when none came for a while: what came is then judged. */
  closeAfter(events: number): Promise<Delivered[]>;
}

/** Streams sweep for what they were not told of every 15 s: what has not come after two sweeps will not come. */
const STALLED_MS = 35_000;
const POLL_MS = 100;

export function startStreams(bench: Bench): Streams {
  const reader = fork(new URL('./stream-reader.ts', import.meta.url));
  bench.after(async () => {
    if (reader.exitCode !== null) return;
    const exit = once(reader, 'exit');
    reader.disconnect();
    await exit;
  });
  const tell = async (order: StreamOrder): Promise<StreamAnswer> => {
    reader.send(order);
    const ended = new AbortController();
    const [answer] = (await Promise.race([
      once(reader, 'message', ended),
      once(reader, 'exit', ended).then(([code]) =>
        Promise.reject(new Error(`the reader of streams ended with code ${code}`)),
      ),
    ]).finally(() => ended.abort())) as [StreamAnswer];
    return answer;
  };
  return {
    open: async (order) => void (await tell({ do: 'open', ...order })),
    async closeAfter(events) {
      let before = -1;
      for (let moved = performance.now(); performance.now() - moved < STALLED_MS;) {
        const { least = 0 } = await tell({ do: 'count' });
        if (least >= events) break;
        if (least !== before) moved = performance.now();
        before = least;
        await pause(POLL_MS);
      }
      return (await tell({ do: 'close' })).delivered ?? [];
    },
  };
}
