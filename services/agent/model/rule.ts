import type { Scene } from './scene.ts';

/** The next step of a rule: a tool call, or an answer. */
export type Move = { readonly call: string; readonly input: object } | { readonly say: string };

export interface Rule {
  readonly matches: RegExp;
  /** Called again after each tool call, with the result in `scene.done`. */
  readonly next: (scene: Scene, groups: readonly string[]) => Move;
}

/** The last result of the tool of that name in this turn. */
export const result = ({ done }: Scene, name: string) => done.findLast((one) => one.name === name);

/** The answer for a refused tool call, in the tool's words: rules cannot mend a call. */
export const refusal = (scene: Scene): Move | undefined => {
  const last = scene.done.at(-1);
  return last && !last.ok ? { say: `That did not work. ${last.text}` } : undefined;
};
