import { effect, signal } from '@preact/signals';
import type { ComponentChildren } from 'preact';
import { useLocation } from 'preact-iso/router';
import { useEffect, useRef } from 'preact/hooks';
import { counts } from '../store/counts.ts';
import { Written } from '../text/written.tsx';

const title = signal('');

// The count of what waits stands in the title of the tab, on every view.
effect(() => {
  const { answer } = counts.value ?? { answer: 0 };
  document.title = `${answer > 0 ? `(${answer}) ` : ''}${title.value === '' ? '' : `${title.value} · `}Missions`;
});

let opened = 0;

/** What an agent asks may be a page of text: it is read as text then, and not as a heading. */
const LONG_HEADING = 160;
const LONGEST_TITLE = 80;

/**
 * A view: its heading names it, also in the title of the tab, and gets the focus when somebody comes here by a link, so
 * that a screen reader says where they are.
 */
export function View({ heading, aside, children }: ViewProps) {
  const { path } = useLocation();
  const ref = useRef<HTMLHeadingElement>(null);
  useEffect(() => {
    title.value = heading.replace(/\s+/gu, ' ').slice(0, LONGEST_TITLE);
  }, [heading]);
  useEffect(() => {
    // The first view is opened by the browser itself.
    if (opened++ === 0 || ref.current?.closest('main')?.contains(document.activeElement)) return;
    scrollTo(0, 0);
    ref.current?.focus({ preventScroll: true });
  }, [path]);
  return (
    <>
      <header class="view-head">
        <h1 ref={ref} tabIndex={-1} class={heading.length > LONG_HEADING ? 'long' : undefined}>
          <Written text={heading} as="span" />
        </h1>
        {aside}
      </header>
      {children}
    </>
  );
}

interface ViewProps {
  readonly heading: string;
  /** Beside the heading: controls of the whole view. */
  readonly aside?: ComponentChildren;
  readonly children: ComponentChildren;
}
