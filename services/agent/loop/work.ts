import {
  generateText,
  type Instructions,
  isStepCount,
  type LanguageModel,
  type LanguageModelUsage,
  type ModelMessage,
  type StopCondition,
  streamText,
  type ToolSet,
} from 'ai';
import { type Limits, MAX_OUTPUT_TOKENS, NO_WORDS, type Stopped, stoppedText } from './limits.ts';
import type { Called } from './tool-set.ts';

/**
 * The tool-calling loop: the model is called, its tool calls are executed one after another, and the model is called
 * again with their results, until it answers with text only or a limit is reached. An unknown tool name, or arguments
 * that are not JSON, go back to the model as that call's error.
 */
export interface Task {
  readonly model: LanguageModel;
  readonly instructions: Instructions;
  readonly messages: readonly ModelMessage[];
  readonly tools: ToolSet;
  readonly limits: Limits;
  /** Aborts the work between and within its calls. */
  readonly signal: AbortSignal;
}

export interface Worked {
  readonly reply: string;
  /** To be appended to the task's messages. A limit may have ended them after a tool's result. */
  readonly messages: ModelMessage[];
  readonly calls: readonly Called[];
  readonly steps: number;
  readonly stopped: Stopped | null;
  readonly usage: { readonly input_tokens: number; readonly output_tokens: number };
}

export type Progress = { readonly type: 'text'; readonly delta: string } | ({ readonly type: 'tool' } & Called);

/**
 * With `tell` the model streams, and its words are reported as they arrive. @throws what the model's call throws, or
 * the reason of the signal
 */
export async function work(task: Task, tell?: (progress: Progress) => void): Promise<Worked> {
  const { limits, signal } = task;
  const late = new AbortController();
  const timer = setTimeout(() => late.abort(new OutOfTime(limits.maxSeconds)), limits.maxSeconds * 1000);
  const abortSignal = AbortSignal.any([signal, late.signal]);
  try {
    const settings = {
      model: task.model,
      instructions: task.instructions,
      messages: [...task.messages],
      tools: task.tools,
      // One at a time: two concurrent changes of one mission would arrive in a different order each time.
      toolCallConcurrency: 1,
      stopWhen: [isStepCount(limits.maxSteps), spent(limits.maxTokens)],
      maxOutputTokens: MAX_OUTPUT_TOKENS,
      maxRetries: 2,
      abortSignal,
    };
    const result = tell ? await streamed(settings, tell) : await generateText(settings);
    return worked(result, limits);
  } catch (error) {
    // The error that the library throws then says only that the call was aborted.
    abortSignal.throwIfAborted();
    throw error;
  } finally {
    clearTimeout(timer);
  }
}

export class OutOfTime extends Error {
  constructor(seconds: number) {
    super(`No answer within ${seconds} s`);
  }
}

type Settings = Parameters<typeof generateText<ToolSet>>[0] & Parameters<typeof streamText<ToolSet>>[0];
type Step = Awaited<ReturnType<typeof generateText<ToolSet>>>['steps'][number];

interface Result {
  readonly text: string;
  readonly steps: readonly Step[];
  readonly responseMessages: readonly ModelMessage[];
  readonly usage: LanguageModelUsage;
}

async function streamed(settings: Settings, tell: (progress: Progress) => void): Promise<Result> {
  let failure: { error: unknown } | undefined;
  const result = streamText({ ...settings, onError: ({ error }) => void (failure ??= { error }) });
  for await (const part of result.stream) {
    if (part.type === 'text-delta') tell({ type: 'text', delta: part.text });
    else if (part.type === 'tool-result') tell({ type: 'tool', name: part.toolName, ok: true });
    else if (part.type === 'tool-error') tell({ type: 'tool', name: part.toolName, ok: false });
    else if (part.type === 'error') failure ??= { error: part.error };
  }
  if (failure) throw failure.error;
  settings.abortSignal?.throwIfAborted();
  const [text, steps, responseMessages, usage] = await Promise.all([
    result.text,
    result.steps,
    result.responseMessages,
    result.usage,
  ]);
  return { text, steps, responseMessages, usage };
}

function worked({ text, steps, responseMessages, usage }: Result, limits: Limits): Worked {
  const calls = steps.flatMap((step) =>
    step.content.flatMap((part) =>
      part.type === 'tool-result' || part.type === 'tool-error'
        ? [{ name: part.toolName, ok: part.type === 'tool-result' }]
        : [],
    ),
  );
  // The loop ends by itself only with a step that called no tool.
  const isDone = (steps.at(-1)?.toolCalls.length ?? 0) === 0;
  const stopped = isDone ? null : steps.length >= limits.maxSteps ? 'steps' : 'tokens';
  const reply = stopped ? [text, stoppedText(stopped, limits)].filter(Boolean).join('\n\n') : text || NO_WORDS;
  return {
    reply,
    messages: [...responseMessages],
    calls,
    steps: steps.length,
    stopped,
    usage: { input_tokens: usage.inputTokens ?? 0, output_tokens: usage.outputTokens ?? 0 },
  };
}

const spent =
  (maxTokens: number): StopCondition<ToolSet> =>
  ({ steps }) =>
    steps.reduce((sum, { usage }) => sum + (usage.inputTokens ?? 0) + (usage.outputTokens ?? 0), 0) >= maxTokens;
