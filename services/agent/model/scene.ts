import type { LanguageModelV4Prompt, LanguageModelV4ToolResultOutput } from '@ai-sdk/provider';

/** A tool call and its result. */
export interface Done {
  readonly name: string;
  readonly input: Readonly<Record<string, unknown>>;
  readonly ok: boolean;
  readonly text: string;
}

/** What the rules look at: the same prompt that a language model gets. */
export interface Scene {
  /** The user's last message. */
  readonly message: string;
  /** The tool calls since that message. */
  readonly done: readonly Done[];
  /** The tool calls before that message, oldest first. */
  readonly earlier: readonly Done[];
}

export function sceneOf(prompt: LanguageModelV4Prompt): Scene {
  const last = prompt.findLastIndex((message) => message.role === 'user');
  const said = prompt[last];
  const message =
    said?.role === 'user' ? said.content.map((part) => (part.type === 'text' ? part.text : '')).join('') : '';
  return { message, done: callsOf(prompt.slice(last + 1)), earlier: callsOf(prompt.slice(0, Math.max(last, 0))) };
}

function callsOf(prompt: LanguageModelV4Prompt): Done[] {
  const inputs = new Map<string, unknown>();
  const done: Done[] = [];
  for (const { content } of prompt) {
    if (typeof content === 'string') continue;
    for (const part of content) {
      if (part.type === 'tool-call') inputs.set(part.toolCallId, part.input);
      if (part.type !== 'tool-result') continue;
      const { toolName: name, output } = part;
      done.push({
        name,
        input: (inputs.get(part.toolCallId) ?? {}) as Done['input'],
        ok: !output.type.startsWith('error') && output.type !== 'execution-denied',
        text: textOf(output),
      });
    }
  }
  return done;
}

const textOf = (output: LanguageModelV4ToolResultOutput): string =>
  output.type === 'text' || output.type === 'error-text' ? output.value : JSON.stringify(output);
