import { EventEmitter } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { json } from 'node:stream/consumers';
import { readAnthropic, writeAnthropic } from './anthropic-wire.ts';
import { readOpenAi, writeOpenAi } from './openai-wire.ts';
import type { ModelRequest, ScriptedAnswer } from './model-script.ts';

/**
 * The model's next answer. `asked` holds every request to the model, so that a script can use the ids that the model
 * has seen.
 */
export type Script = (asked: ModelRequest, step: number) => ScriptedAnswer | Promise<ScriptedAnswer>;

/** Emits `left` when the client disconnects before it has the whole answer. */
export interface ModelServer extends EventEmitter {
  readonly baseUrl: string;
  readonly asked: readonly ModelRequest[];
  /** Uses the script from now on; steps are counted from the last call of this method. */
  follow(script: Script | readonly ScriptedAnswer[]): void;
  close(): Promise<void>;
}

/**
 * A model that answers by a script, over the wire protocols of OpenAI's chat completions and Anthropic's messages,
 * streaming or not.
 */
export async function startModelServer(): Promise<ModelServer> {
  const asked: ModelRequest[] = [];
  let script: Script = () => ({ say: 'Nothing was scripted.' });
  let step = 0;
  const events = new EventEmitter();
  const server = createServer((request, response) => {
    response.once('close', () => !response.writableFinished && events.emit('left'));
    void answer(request, response).catch(() => response.destroy());
  });

  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const isAnthropic = request.url === '/v1/messages';
    if (!isAnthropic && request.url !== '/v1/chat/completions') return refuse(response, { status: 404 });
    const body = await json(request);
    const modelRequest = isAnthropic ? readAnthropic(body, request.headers) : readOpenAi(body, request.headers);
    asked.push(modelRequest);
    const says = await script(modelRequest, step++);
    if ('status' in says) return refuse(response, says);
    if ('hangs' in says && !modelRequest.stream) return;
    (isAnthropic ? writeAnthropic : writeOpenAi)(response, says, modelRequest.stream);
  }

  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return Object.assign(events, {
    baseUrl: `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1`,
    asked,
    follow(given: Script | readonly ScriptedAnswer[]) {
      script = typeof given === 'function' ? given : (_asked, at) => given[at] ?? { say: 'The script has ended.' };
      step = 0;
    },
    close: () =>
      new Promise<void>((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  });
}

function refuse(
  response: ServerResponse,
  { status, headers = {} }: { status: number; headers?: Record<string, string> },
): void {
  response.writeHead(status, { 'content-type': 'application/json', ...headers });
  response.end(
    JSON.stringify({
      type: 'error',
      error: { type: 'scripted', message: `scripted ${status}, and here is the secret prompt` },
    }),
  );
}
