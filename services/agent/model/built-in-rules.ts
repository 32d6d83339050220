import type {
  LanguageModelV4,
  LanguageModelV4CallOptions,
  LanguageModelV4Content,
  LanguageModelV4GenerateResult,
  LanguageModelV4StreamPart,
} from '@ai-sdk/provider';
import { readRunMessage } from '../runs/run-message.ts';
import { chatRules, help } from './chat-rules.ts';
import type { Move } from './rule.ts';
import { nextInRun } from './run-rules.ts';
import { type Scene, sceneOf } from './scene.ts';

export const NO_MODEL = '(Built-in rules answered, no language model: set MODEL_API_KEY and MODEL_NAME for one.)';

/** The next step of the rules, given the whole prompt. The rules keep no state. */
export function nextMove(scene: Scene): Move {
  const run = readRunMessage(scene.message);
  if (run) return nextInRun(scene, run);
  const message = scene.message.trim();
  for (const { matches, next } of chatRules) {
    const found = matches.exec(message);
    if (found) return next(scene, found.slice(1));
  }
  return { say: help };
}

/**
 * A few rules in place of a language model, behind the same interface: they get the same prompt, call the same tools
 * and run in the same loop, so that everything around them works as it does with a model. They are no model, and say so
 * in every answer.
 */
export const builtInRules: LanguageModelV4 = {
  specificationVersion: 'v4',
  provider: 'missions',
  modelId: 'built-in-rules',
  supportedUrls: {},
  doGenerate: (options) => Promise.resolve(generate(options)),
  doStream: (options) => {
    const { content, finishReason, usage } = generate(options);
    const parts: LanguageModelV4StreamPart[] = [
      { type: 'stream-start', warnings: [] },
      ...content.flatMap(streamed),
      { type: 'finish', finishReason, usage },
    ];
    return Promise.resolve({ stream: ReadableStream.from(parts) as ReadableStream<LanguageModelV4StreamPart> });
  },
};

function generate({ prompt }: LanguageModelV4CallOptions): LanguageModelV4GenerateResult {
  const scene = sceneOf(prompt);
  const move = nextMove(scene);
  const content: LanguageModelV4Content =
    'say' in move
      ? { type: 'text', text: `${move.say}\n\n${NO_MODEL}` }
      : {
          type: 'tool-call',
          toolCallId: `rule-${scene.earlier.length + scene.done.length + 1}`,
          toolName: move.call,
          input: JSON.stringify(move.input),
        };
  const none = { total: 0, noCache: undefined, cacheRead: undefined, cacheWrite: undefined };
  return {
    content: [content],
    finishReason: { unified: 'say' in move ? 'stop' : 'tool-calls', raw: undefined },
    usage: { inputTokens: none, outputTokens: { total: 0, text: 0, reasoning: undefined } },
    warnings: [],
  };
}

function streamed(part: LanguageModelV4Content): LanguageModelV4StreamPart[] {
  if (part.type === 'tool-call') return [part];
  if (part.type !== 'text') return [];
  return [
    { type: 'text-start', id: '1' },
    { type: 'text-delta', id: '1', delta: part.text },
    { type: 'text-end', id: '1' },
  ];
}
