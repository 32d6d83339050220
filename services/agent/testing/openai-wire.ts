import type { IncomingHttpHeaders, ServerResponse } from 'node:http';
import { pieces, type ModelRequest, type ScriptedAnswer } from './model-script.ts';

/** The part of OpenAI's chat completions that an agent uses. */
export function readOpenAi(body: any, headers: IncomingHttpHeaders): ModelRequest {
  const text = (content: unknown): string =>
    typeof content === 'string'
      ? content
      : Array.isArray(content)
        ? content.map((part: any) => part.text ?? '').join('')
        : '';
  const messages: any[] = body.messages;
  return {
    protocol: 'openai',
    stream: body.stream === true,
    key: (headers.authorization ?? '').replace('Bearer ', ''),
    system: messages
      .filter(({ role }) => role === 'system')
      .map(({ content }) => text(content))
      .join('\n'),
    turns: messages
      .filter(({ role }) => role !== 'system')
      .map(({ role, content, tool_calls = [] }) => ({
        role,
        text: [
          text(content),
          ...tool_calls.map((call: any) => `${call.function.name} ${call.function.arguments}`),
        ].join(''),
      })),
    tools: (body.tools ?? []).map((tool: any) => tool.function.name),
  };
}

export function writeOpenAi(
  response: ServerResponse,
  says: Exclude<ScriptedAnswer, { status: number }>,
  stream: boolean,
): void {
  const calls = 'calls' in says ? says.calls : [];
  const content = 'say' in says && says.say !== undefined ? says.say : null;
  const toolCalls = calls.map(({ name, args }, index) => ({
    id: `call_${process.hrtime.bigint()}_${index}`,
    type: 'function',
    function: { name, arguments: typeof args === 'string' ? args : JSON.stringify(args) },
  }));
  const finish_reason = calls.length > 0 ? 'tool_calls' : 'stop';
  const usage = { prompt_tokens: 100, completion_tokens: 20, total_tokens: 120 };
  const about = { id: 'chatcmpl-1', created: 1, model: 'scripted' };
  if (!stream) {
    const message = { role: 'assistant', content, ...(toolCalls.length > 0 && { tool_calls: toolCalls }) };
    response.writeHead(200, { 'content-type': 'application/json' });
    response.end(
      JSON.stringify({ ...about, object: 'chat.completion', choices: [{ index: 0, message, finish_reason }], usage }),
    );
    return;
  }
  response.writeHead(200, { 'content-type': 'text/event-stream' });
  const send = (choices: unknown, more: object = {}): void =>
    void response.write(`data: ${JSON.stringify({ ...about, object: 'chat.completion.chunk', choices, ...more })}\n\n`);
  const delta = (change: object): void => send([{ index: 0, delta: change, finish_reason: null }]);
  delta({ role: 'assistant', content: '' });
  if ('hangs' in says) return delta({ content: 'Well' });
  for (const piece of pieces(content ?? '')) delta({ content: piece });
  for (const [index, call] of toolCalls.entries()) {
    delta({ tool_calls: [{ index, ...call, function: { name: call.function.name, arguments: '' } }] });
    for (const piece of pieces(call.function.arguments))
      delta({ tool_calls: [{ index, function: { arguments: piece } }] });
  }
  send([{ index: 0, delta: {}, finish_reason }]);
  send([], { usage });
  response.end('data: [DONE]\n\n');
}
