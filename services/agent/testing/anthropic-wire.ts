import type { IncomingHttpHeaders, ServerResponse } from 'node:http';
import { pieces, type ModelRequest, type RequestTurn, type ScriptedAnswer } from './model-script.ts';

/** The part of Anthropic's messages API that an agent uses. */
export function readAnthropic(body: any, headers: IncomingHttpHeaders): ModelRequest {
  const blocks = (content: unknown): any[] =>
    typeof content === 'string' ? [{ type: 'text', text: content }] : ((content ?? []) as any[]);
  const plain = (content: unknown): string =>
    blocks(content)
      .map((block) => block.text ?? '')
      .join('');
  // In this API a tool's result is a block of a user's message.
  const turns = (body.messages as any[]).flatMap(({ role, content }): RequestTurn[] => {
    const all = blocks(content);
    const results = all
      .filter(({ type }) => type === 'tool_result')
      .map((block) => ({ role: 'tool' as const, text: `${block.is_error ? 'ERROR ' : ''}${plain(block.content)}` }));
    const text = all
      .filter(({ type }) => type !== 'tool_result')
      .map((block) => (block.type === 'tool_use' ? `${block.name} ${JSON.stringify(block.input)}` : (block.text ?? '')))
      .join('');
    return [...results, ...(text ? [{ role, text }] : [])];
  });
  return {
    protocol: 'anthropic',
    stream: body.stream === true,
    key: String(headers['x-api-key'] ?? ''),
    system: plain(body.system),
    turns,
    tools: (body.tools ?? []).map((tool: any) => tool.name),
  };
}

export function writeAnthropic(
  response: ServerResponse,
  says: Exclude<ScriptedAnswer, { status: number }>,
  stream: boolean,
): void {
  const calls = 'calls' in says ? says.calls : [];
  const reply = 'say' in says && says.say !== undefined ? says.say : '';
  const stop_reason = calls.length > 0 ? 'tool_use' : 'end_turn';
  const about = { id: 'msg_1', type: 'message', role: 'assistant', model: 'scripted' };
  const uses = calls.map(({ name, args }, index) => ({ id: `toolu_${process.hrtime.bigint()}_${index}`, name, args }));
  if (!stream) {
    const content = [
      ...(reply ? [{ type: 'text', text: reply }] : []),
      ...uses.map(({ id, name, args }) => ({
        type: 'tool_use',
        id,
        name,
        input: typeof args === 'string' ? {} : args,
      })),
    ];
    response.writeHead(200, { 'content-type': 'application/json' });
    response.end(
      JSON.stringify({
        ...about,
        content,
        stop_reason,
        stop_sequence: null,
        usage: { input_tokens: 100, output_tokens: 20 },
      }),
    );
    return;
  }
  response.writeHead(200, { 'content-type': 'text/event-stream' });
  const send = (type: string, more: object): void =>
    void response.write(`event: ${type}\ndata: ${JSON.stringify({ type, ...more })}\n\n`);
  send('message_start', {
    message: {
      ...about,
      content: [],
      stop_reason: null,
      stop_sequence: null,
      usage: { input_tokens: 100, output_tokens: 1 },
    },
  });
  send('ping', {});
  let index = 0;
  const block = (content_block: object, deltas: readonly object[], ends = true): void => {
    send('content_block_start', { index, content_block });
    for (const delta of deltas) send('content_block_delta', { index, delta });
    if (ends) send('content_block_stop', { index });
    index += 1;
  };
  if ('hangs' in says) return block({ type: 'text', text: '' }, [{ type: 'text_delta', text: 'Well' }], false);
  if (reply)
    block(
      { type: 'text', text: '' },
      pieces(reply).map((piece) => ({ type: 'text_delta', text: piece })),
    );
  for (const { id, name, args } of uses) {
    const text = typeof args === 'string' ? args : JSON.stringify(args);
    block(
      { type: 'tool_use', id, name, input: {} },
      pieces(text).map((partial_json) => ({ type: 'input_json_delta', partial_json })),
    );
  }
  send('message_delta', { delta: { stop_reason, stop_sequence: null }, usage: { output_tokens: 20 } });
  send('message_stop', {});
  response.end();
}
