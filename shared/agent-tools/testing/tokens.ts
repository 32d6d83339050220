import { countTokens } from 'gpt-tokenizer/encoding/o200k_base';
import type { AgentTool } from '../tools.ts';

/**
 * By OpenAI's o200k_base (GPT-4o and later), which is public and does not change. Other models' counts differ by some
 * per cent.
 */
export const tokensOf = (text: string): number => countTokens(text);

/** Tokens of a definition as JSON, without the unknown part that a vendor's template adds. */
export const definitionTokens = ({ name, description, parameters }: AgentTool): number =>
  tokensOf(JSON.stringify({ name, description, parameters }));
