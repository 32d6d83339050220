import { signal } from '@preact/signals';
import type { ComponentType } from 'preact';
import { useEffect } from 'preact/hooks';

/** A part of a view that is loaded once the view is shown, so that the view is not kept waiting for it. */
export function later<Props extends object>(load: () => Promise<ComponentType<Props>>): ComponentType<Props> {
  const loaded = signal<ComponentType<Props> | 'failed' | undefined>(undefined);
  const begin = (): void => {
    loaded.value = undefined;
    load().then(
      (part) => (loaded.value = part),
      () => (loaded.value = 'failed'),
    );
  };
  return function Later(props: Props) {
    useEffect(() => {
      if (typeof loaded.peek() !== 'function') begin();
    }, []);
    const Part = loaded.value;
    if (Part === undefined) return <p class="late">Loading …</p>;
    if (Part !== 'failed') return <Part {...props} />;
    return (
      <p role="alert">
        This part of the page cannot be loaded at the moment.{' '}
        <button type="button" onClick={begin}>
          Try again
        </button>
      </p>
    );
  };
}
