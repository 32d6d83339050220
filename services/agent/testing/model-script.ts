/** A request to the model, whichever protocol it came by. */
export interface ModelRequest {
  readonly protocol: 'openai' | 'anthropic';
  readonly stream: boolean;
  readonly key: string;
  readonly system: string;
  readonly turns: readonly RequestTurn[];
  readonly tools: readonly string[];
}

export interface RequestTurn {
  readonly role: 'user' | 'assistant' | 'tool';
  readonly text: string;
}

export interface ScriptedCall {
  readonly name: string;
  /** Sent as text as it is, well-formed or not. */
  readonly args: object | string;
}

export type ScriptedAnswer =
  | { readonly say: string }
  | { readonly calls: readonly ScriptedCall[]; readonly say?: string }
  /** An error of the model's API. */
  | { readonly status: number; readonly headers?: Record<string, string> }
  /** Sends the beginning of an answer, if streaming, and then nothing until the client gives up. */
  | { readonly hangs: true };

/** Splits text as it may arrive over the wire: in pieces that end anywhere. */
export const pieces = (text: string): string[] => text.match(/[^]{1,7}/g) ?? [];
