import { signal } from '@preact/signals';
import { useLayoutEffect, useRef } from 'preact/hooks';
import { type KeyBinding, keyOf, pressed } from './pressed.ts';

/** Of everything that is on the page, the innermost last. */
export const bindings = signal<readonly (readonly KeyBinding[])[]>([]);

/**
 * Binds keys for as long as the calling component is shown, from the moment that it is seen. What they do may change
 * with each rendering.
 */
export function useKeys(own: readonly KeyBinding[]): void {
  const current = useRef(own);
  current.current = own;
  const names = own.map(({ press, says }) => `${press} ${says}`).join('\n');
  useLayoutEffect(() => {
    const bound = own.map(({ press, says }, index) => ({ press, says, do: () => current.current[index]?.do() }));
    bindings.value = [...bindings.value, bound];
    return () => {
      bindings.value = bindings.value.filter((other) => other !== bound);
    };
  }, [names]);
}

const SETTING = 'missions keys';

/** Whether single keys do anything. Some people speak to their computer, and every word would press some. */
export const areKeysOn = signal(readSetting() !== 'off');

export function switchKeys(on: boolean): void {
  areKeysOn.value = on;
  try {
    localStorage.setItem(SETTING, on ? 'on' : 'off');
  } catch {
    // Forbidden: it holds for this page alone.
  }
}

function readSetting(): string | null {
  try {
    return localStorage.getItem(SETTING);
  } catch {
    return null;
  }
}

/** How long the first of two keys waits for the second. */
const SECOND_MS = 1_500;
let begun: { key: string; at: number } | undefined;

/** @returns ends it. */
export function listenToKeys(): () => void {
  const onKey = (event: KeyboardEvent): void => {
    const key = keyOf(event);
    if (key === undefined || event.defaultPrevented || isElsewhere(event)) return;
    if (!areKeysOn.value && key !== 'Escape') return;
    const first = begun && event.timeStamp - begun.at < SECOND_MS ? begun.key : undefined;
    const { binding, begun: next } = pressed(key, first, bindings.value);
    begun = next === undefined ? undefined : { key: next, at: event.timeStamp };
    if (!binding) return;
    event.preventDefault();
    binding.do();
  };
  addEventListener('keydown', onKey);
  return () => removeEventListener('keydown', onKey);
}

/** In a field keys are letters; in a dialog they belong to it. */
function isElsewhere({ target }: KeyboardEvent): boolean {
  if (document.querySelector('dialog[open]')) return true;
  return target instanceof Element && target.closest('input, textarea, select, [contenteditable]') !== null;
}
