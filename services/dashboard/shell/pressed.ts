export interface KeyBinding {
  /** One key, as `j`, or two after each other, as `g i`. */
  readonly press: string;
  /** What it does, for the list of keys. */
  readonly says: string;
  readonly do: () => void;
}

type Press = Pick<KeyboardEvent, 'key' | 'ctrlKey' | 'metaKey' | 'altKey' | 'isComposing'>;

/** The key as bindings name it, with or without capitals lock; undefined if the browser or a writer means it. */
export function keyOf(event: Press): string | undefined {
  const { key, ctrlKey, metaKey, altKey, isComposing } = event;
  if (ctrlKey || metaKey || altKey || isComposing) return undefined;
  if (key === 'Escape') return key;
  return [...key].length === 1 && key !== ' ' ? key.toLowerCase() : undefined;
}

export interface Pressed {
  readonly binding: KeyBinding | undefined;
  /** The first of two keys, which waits for the second. */
  readonly begun: string | undefined;
}

/** @param bound the innermost last, which wins. */
export function pressed(key: string, begun: string | undefined, bound: readonly (readonly KeyBinding[])[]): Pressed {
  const all = bound.toReversed().flat();
  const both = begun === undefined ? undefined : all.find(({ press }) => press === `${begun} ${key}`);
  const binding = both ?? all.find(({ press }) => press === key);
  const begins = binding === undefined && all.some(({ press }) => press.startsWith(`${key} `));
  return { binding, begun: begins ? key : undefined };
}
