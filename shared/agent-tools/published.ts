export { createTools, promptFragment } from './tools.ts';
export type * from './tools.ts';
export { anthropicTools } from './formats/anthropic.ts';
export { openAiResponsesTools, openAiTools } from './formats/openai.ts';
