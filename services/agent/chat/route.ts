import type Router from '@koa/router';
import type { Context } from 'koa';
import { Problem } from '@missions/contracts/errors.ts';
import type { Logger } from '@missions/runtime/logger.ts';
import { readJsonObject } from '@missions/http/body.ts';
import { problemFor } from '@missions/http/problem.ts';
import { invalid } from '@missions/contracts/schema.ts';
import type { CheckKey } from '../http/keys.ts';
import { modelProblem } from '../loop/failure.ts';
import { parseChat } from './chat-body.ts';
import { chat, type Chatting } from './chat.ts';
import { openTurnStream } from './turn-stream.ts';

export interface ChatContext extends Chatting {
  readonly checkKey: CheckKey;
  readonly logger: Logger;
}

/** `POST /v1/chat`: one turn, as JSON, or as server-sent events with `stream: true` or `Accept: text/event-stream`. */
export function chatRoute(router: Router, context: ChatContext): void {
  router.post('/v1/chat', async (ctx) => {
    context.checkKey(ctx.req.headers.authorization);
    const body = parseChat(await readBody(ctx));
    const gone = goneSignal(ctx);
    if (body.stream ?? ctx.accepts('application/json', 'text/event-stream') === 'text/event-stream') {
      const stream = openTurnStream(ctx);
      // Not awaited: the response has begun and continues after this handler has returned.
      void chat(context, body, gone, stream.progress)
        .then(stream.done)
        .catch((error: unknown) => {
          if (!gone.aborted) stream.failed(problemOf(error, context.logger));
        });
      return;
    }
    try {
      ctx.body = await chat(context, body, gone);
    } catch (error) {
      throw problemOf(error, context.logger);
    }
  });
}

function problemOf(error: unknown, logger: Logger): Problem {
  // The client has disconnected: the problem reaches no reader, and the disconnection is no fault.
  if (error instanceof ClientGone) return new Problem('UNAVAILABLE', error.message);
  const problem = modelProblem(error);
  if (!problem) return problemFor(error, logger);
  // Without the error itself: the library keeps the whole prompt in it.
  logger.warn({ reason: (error as Error).message, code: problem.code }, 'the model failed');
  return problem;
}

/** `curl -d` declares its body as a form; a JSON object under that name is accepted too. */
async function readBody(ctx: Context): Promise<object> {
  const body = await readJsonObject(ctx, { alsoAccepted: ['application/x-www-form-urlencoded'] });
  if (!body) throw invalid([{ path: '', message: 'must be a JSON object' }]);
  return body;
}

class ClientGone extends Error {}

/** Aborts when the client disconnects: a model's response without a reader costs money. */
function goneSignal(ctx: Context): AbortSignal {
  const gone = new AbortController();
  ctx.res.once('close', () => {
    if (!ctx.res.writableFinished) gone.abort(new ClientGone('The caller has gone away'));
  });
  return gone.signal;
}
