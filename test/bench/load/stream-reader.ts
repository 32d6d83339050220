/**
 * Holds a user's event streams open, in a process of its own: reading 20 streams takes as long as serving them, and must
 * not sit in an event loop that is measured. Told to open streams, to say how many events have come, and to hand them
 * out.
 */
import { once } from 'node:events';
import http from 'node:http';
import { ServerSentReader } from '@missions/client/server-sent.ts';
import type { StreamAnswer, StreamOrder } from './streams.ts';

interface Stream {
  request: http.ClientRequest;
  ids: string[];
  delaysMs: number[];
}

let streams: Stream[] = [];
let fault: string | undefined;

process.on('message', (order: StreamOrder) => {
  void carryOut(order).then(
    (answer) => process.send?.(answer),
    (error: unknown) => {
      process.stderr.write(`reader of streams: ${String(error)}\n`);
      process.exit(1);
    },
  );
});
process.on('disconnect', () => process.exit(0));

async function carryOut(order: StreamOrder): Promise<StreamAnswer> {
  if (order.do === 'open') {
    [streams, fault] = [[], undefined];
    for (let left = order.count; left > 0; left -= 1) streams.push(await open(order));
    return {};
  }
  if (fault !== undefined) throw new Error(fault);
  if (order.do === 'count') return { least: Math.min(...streams.map(({ ids }) => ids.length)) };
  const closing = streams;
  streams = [];
  closing.forEach(({ request }) => request.destroy());
  return { delivered: closing.map(({ ids, delaysMs }) => ({ ids, delaysMs })) };
}

/** Resolves once the server has said that the stream is open: what is written from then on must come. */
async function open({ origin, headers, event }: Extract<StreamOrder, { do: 'open' }>): Promise<Stream> {
  const request = http.get(`${origin}/api/v1/stream`, {
    headers: { ...headers, accept: 'text/event-stream' },
    agent: false,
  });
  const [response] = (await once(request, 'response')) as [http.IncomingMessage];
  if (response.statusCode !== 200) throw new Error(`a stream was refused: ${response.statusCode}`);
  const stream: Stream = { request, ids: [], delaysMs: [] };
  const reader = new ServerSentReader();
  const opened = new Promise<void>((resolve) =>
    response.on('data', (chunk: Buffer) => {
      const now = performance.timeOrigin + performance.now();
      for (const { name, id = '', data } of reader.push(chunk)) {
        if (name !== event) continue;
        stream.ids.push(id);
        stream.delaysMs.push(now - Date.parse((JSON.parse(data) as { created_at: string }).created_at));
      }
      if (reader.retryMs !== undefined) resolve();
    }),
  );
  const ended = (error?: Error): void => {
    if (streams.includes(stream)) fault = `a stream ended before its time${error ? `: ${error.message}` : ''}`;
  };
  request.on('error', ended);
  response.on('error', ended).on('end', ended);
  await opened;
  return stream;
}
