import type { Context } from 'koa';
import type { Problem } from '@missions/contracts/errors.ts';
import { openEventStream } from '@missions/http/event-stream.ts';
import { problemDocument } from '@missions/http/problem.ts';
import type { Progress } from '../loop/work.ts';
import type { ChatAnswer } from './chat.ts';

export interface TurnStream {
  progress(progress: Progress): void;
  done(answer: ChatAnswer): void;
  failed(problem: Problem): void;
}

/**
 * A turn as server-sent events: `text {delta}` and `tool {name, ok}` as they come, then one `done` with the whole
 * answer, or one `error` with a problem document. The status 200 was sent by then, also when the turn fails.
 */
export function openTurnStream(ctx: Context): TurnStream {
  const stream = openEventStream(ctx);
  const last = (name: string, data: unknown): void => {
    stream.send({ name, data });
    stream.end();
  };
  return {
    progress: ({ type, ...data }) => stream.send({ name: type, data }),
    done: (answer) => last('done', answer),
    failed: (problem) => last('error', problemDocument(problem)),
  };
}
