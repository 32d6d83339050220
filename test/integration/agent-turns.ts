import type { ModelRequest } from '@missions/agent/testing/model-script.ts';
import type { ReferenceAgent } from '@missions/test-support/reference-agent.ts';

/** Text of the last tool result in a request to the model. */
export const resultOf = ({ turns }: ModelRequest): string => turns.findLast(({ role }) => role === 'tool')?.text ?? '';

/** The first id in a text. */
export const idIn = (text: string): string => /[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}/.exec(text)?.[0] ?? 'no-id';

export interface StreamedTurn {
  readonly status: number;
  readonly events: readonly { readonly name: string; readonly data: any }[];
  /** The data of `done`; undefined when the turn failed. */
  readonly done: any;
  /** The streamed pieces of text, joined. */
  readonly text: string;
}

/** Sends a chat message, and reads the turn as server-sent events. */
export async function streamedTurn(agent: ReferenceAgent, key: string, body: object): Promise<StreamedTurn> {
  const response = await fetch(`${agent.origin}/v1/chat`, {
    method: 'POST',
    headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json', accept: 'text/event-stream' },
    body: JSON.stringify(body),
  });
  const frames = (await response.text()).split('\n\n').map((frame) => /^event: (.+)\ndata: (.+)$/.exec(frame));
  const events = frames.flatMap((frame) =>
    frame ? [{ name: frame[1] ?? '', data: JSON.parse(frame[2] ?? '') as any }] : [],
  );
  return {
    status: response.status,
    events,
    done: events.find(({ name }) => name === 'done')?.data,
    text: events
      .filter(({ name }) => name === 'text')
      .map(({ data }) => data.delta)
      .join(''),
  };
}
