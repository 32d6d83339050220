import { useSignal } from '@preact/signals';
import type { ComponentChildren } from 'preact';
import { Written } from '../text/written.tsx';
import { Fields } from './fields.tsx';
import type { Question } from './outcome.ts';
import { type DiffLine, type Preview, previewsOf } from './previews.ts';

/** What the agent sent along with its question: seen whole before the buttons, unless the reader folds it. */
export function Context({ context }: Pick<Question, 'context'>) {
  if (!context || Object.keys(context).length === 0) return null;
  return (
    <section aria-labelledby="context">
      <h2 id="context">What it is about</h2>
      <Previews of={previewsOf(context)} />
    </section>
  );
}

interface PreviewsProps {
  readonly of: readonly Preview[];
  /** Of a section that has a name already. */
  readonly isPart?: boolean;
}

export const Previews = ({ of, isPart = false }: PreviewsProps) => (
  <>
    {of.map((preview, index) => (
      <Shape key={index} preview={preview} isPart={isPart} />
    ))}
  </>
);

interface BoxProps {
  readonly class: string;
  readonly name: string;
  readonly isPart: boolean;
  readonly children: ComponentChildren;
}

/** Two landmarks of one name, proposed and approved, would not be told apart. */
const Box = ({ class: kind, name, isPart, children }: BoxProps) =>
  isPart ? (
    <div class={kind}>{children}</div>
  ) : (
    <section class={kind} aria-label={name}>
      {children}
    </section>
  );

function Shape({ preview, isPart }: { preview: Preview; isPart: boolean }) {
  switch (preview.kind) {
    case 'fields':
      return <Fields fields={preview.fields} />;
    case 'mail':
      return (
        <Box class="letter" name="Mail that would be sent" isPart={isPart}>
          <h3>Mail that would be sent</h3>
          <Fields fields={preview.heads} />
          <Written text={preview.body} as="div" />
          {preview.rest.length > 0 && <Fields fields={preview.rest} />}
        </Box>
      );
    case 'diff':
      return <Diff lines={preview.lines} isPart={isPart} />;
    default:
      return preview satisfies never;
  }
}

const SHOWN = 1_000;
const SAYS = { '+': 'added', '-': 'removed', '@': 'place', ' ': '' } as const;

function Diff({ lines, isPart }: { lines: readonly DiffLine[]; isPart: boolean }) {
  const isWhole = useSignal(lines.length <= SHOWN);
  const shown = isWhole.value ? lines : lines.slice(0, SHOWN);
  return (
    <Box class="diff" name="What would change" isPart={isPart}>
      <h3>What would change</h3>
      {shown.map(({ mark, text }, index) => (
        <div key={index} class={SAYS[mark]}>
          <span aria-hidden="true">{mark === '@' ? '' : mark}</span>
          {(mark === '+' || mark === '-') && <span class="unseen">{SAYS[mark]}: </span>}
          <code dir="auto">{text}</code>
        </div>
      ))}
      {!isWhole.value && (
        <button type="button" onClick={() => (isWhole.value = true)}>
          Show all {lines.length} lines
        </button>
      )}
    </Box>
  );
}
