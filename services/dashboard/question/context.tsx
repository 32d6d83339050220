import { useSignal } from '@preact/signals';
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
      {previewsOf(context).map((preview, index) => (
        <Shape key={index} preview={preview} />
      ))}
    </section>
  );
}

function Shape({ preview }: { preview: Preview }) {
  switch (preview.kind) {
    case 'fields':
      return <Fields fields={preview.fields} />;
    case 'mail':
      return (
        <section class="letter" aria-label="Mail that would be sent">
          <h3>Mail that would be sent</h3>
          <Fields fields={preview.heads} />
          <Written text={preview.body} as="div" />
          {preview.rest.length > 0 && <Fields fields={preview.rest} />}
        </section>
      );
    case 'diff':
      return <Diff lines={preview.lines} />;
    default:
      return preview satisfies never;
  }
}

const SHOWN = 1_000;
const SAYS = { '+': 'added', '-': 'removed', '@': 'place', ' ': '' } as const;

function Diff({ lines }: { lines: readonly DiffLine[] }) {
  const isWhole = useSignal(lines.length <= SHOWN);
  const shown = isWhole.value ? lines : lines.slice(0, SHOWN);
  return (
    <section class="diff" aria-label="What would change">
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
    </section>
  );
}
