import type { Entry } from './client.ts';

/** An entry with its mission as it was when the entry was read. */
export type StreamEntry = Entry & {
  readonly mission_id: string;
  readonly mission: { readonly id: string; readonly version: number; readonly status: string; readonly phase: string };
};

/** A user's open `/api/v1/stream`. */
export interface OpenStream {
  /** Received events of a mission, oldest first. */
  of(missionId: string): StreamEntry[];
  close(): void;
}

/** Resolves when the stream is open and receives all later events. */
export async function openStream(
  { origin, secret }: { origin: string; secret: string },
  { customer, user, lastEventId }: { customer: string; user: string; lastEventId?: string },
): Promise<OpenStream> {
  const closing = new AbortController();
  const headers = {
    authorization: `Bearer ${secret}`,
    'x-customer-id': customer,
    'x-user-id': user,
    ...(lastEventId !== undefined && { 'last-event-id': lastEventId }),
  };
  const response = await fetch(`${origin}/api/v1/stream`, { headers, signal: closing.signal });
  if (response.status !== 200 || !response.body)
    throw new Error(`no stream: ${response.status} ${await response.text()}`);
  const seen: StreamEntry[] = [];
  const reading = read(response.body, (event) => seen.push(event));
  let failure: unknown;
  reading.catch((error: unknown) => {
    if (!closing.signal.aborted) failure = error;
  });
  return {
    of: (missionId) => {
      if (failure !== undefined) throw new Error('the stream could not be read', { cause: failure });
      return seen.filter((event) => event.mission_id === missionId);
    },
    close: () => closing.abort(),
  };
}

/** Events of WHATWG HTML section 9.2, as far as this stream uses them: one line each of id, event and data. */
async function read(body: ReadableStream<Uint8Array>, take: (event: any) => void): Promise<void> {
  let text = '';
  for await (const chunk of body.pipeThrough(
    new TextDecoderStream() as unknown as ReadableWritablePair<string, Uint8Array>,
  )) {
    text += chunk;
    for (let end = text.indexOf('\n\n'); end >= 0; end = text.indexOf('\n\n')) {
      const fields = Object.fromEntries(
        text
          .slice(0, end)
          .split('\n')
          .map((line) => [line.slice(0, line.indexOf(':')), line.slice(line.indexOf(':') + 2)]),
      );
      text = text.slice(end + 2);
      if (fields['data'] === undefined) continue;
      const event = JSON.parse(fields['data']);
      if (fields['id'] !== event.id || fields['event'] !== event.event_type)
        throw new Error(`the id or type of a server-sent event differs from its data: ${JSON.stringify(fields)}`);
      take(event);
    }
  }
}
