import type { Scene } from './scene.ts';

/** What a rule does next: call a tool, or answer. */
export type Move = { readonly call: string; readonly input: object } | { readonly say: string };

export interface Rule {
  readonly matches: RegExp;
  /** Asked again after each call it makes, with the result in `scene.done`. */
  readonly next: (scene: Scene, groups: readonly string[]) => Move;
}

/** What the last call of that name said in this turn. */
export const result = ({ done }: Scene, name: string) => done.findLast((one) => one.name === name);

/** A refusal, as it was told: rules cannot mend a call. */
export const refusal = (scene: Scene): Move | undefined => {
  const last = scene.done.at(-1);
  return last && !last.ok ? { say: `That did not work. ${last.text}` } : undefined;
};
