import { countTokens } from 'gpt-tokenizer/encoding/o200k_base';
import type { AgentTool } from '../tools.ts';

/** Of OpenAI's o200k_base (GPT-4o and later), which is public and does not change; other models' counts differ by some per cent. */
export const TOKENIZER = 'o200k_base';
export const tokensOf = (text: string): number => countTokens(text);

/** Of a definition as it is sent; what a vendor's own template adds is not known. */
export const definitionTokens = ({ name, description, parameters }: AgentTool): number =>
  tokensOf(JSON.stringify({ name, description, parameters }));
