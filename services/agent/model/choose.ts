import { createAnthropic } from '@ai-sdk/anthropic';
import { createOpenAICompatible } from '@ai-sdk/openai-compatible';
import type { LanguageModel } from 'ai';
import { builtInRules } from './built-in-rules.ts';

export interface ModelSettings {
  readonly hasModel: boolean;
  readonly modelProvider: 'openai' | 'anthropic';
  readonly modelBaseUrl: string | undefined;
  readonly modelApiKey: string | undefined;
  readonly modelName: string | undefined;
}

export interface Chosen {
  readonly model: LanguageModel;
  /** A description for people. */
  readonly label: string;
  readonly isBuiltIn: boolean;
}

const OPENAI = 'https://api.openai.com/v1';

/**
 * The model at any endpoint that speaks OpenAI's chat completions or Anthropic's messages; without an endpoint, the
 * built-in rules.
 */
export function chooseModel({
  hasModel,
  modelProvider,
  modelBaseUrl,
  modelApiKey,
  modelName = '',
}: ModelSettings): Chosen {
  // The library writes warnings to the console, where the log is JSON.
  globalThis.AI_SDK_LOG_WARNINGS = false;
  if (!hasModel) return { model: builtInRules, label: 'built-in rules, no language model', isBuiltIn: true };
  const label = `${modelName} (${modelProvider})`;
  if (modelProvider === 'anthropic') {
    // Without a key the library would look for one in the environment; endpoints that need no key ignore this one.
    const provider = createAnthropic({
      apiKey: modelApiKey ?? 'none',
      ...(modelBaseUrl !== undefined && { baseURL: modelBaseUrl }),
    });
    return { model: provider(modelName), label, isBuiltIn: false };
  }
  const provider = createOpenAICompatible({
    name: 'openai',
    baseURL: modelBaseUrl ?? OPENAI,
    includeUsage: true,
    ...(modelApiKey !== undefined && { apiKey: modelApiKey }),
  });
  return { model: provider(modelName), label, isBuiltIn: false };
}
