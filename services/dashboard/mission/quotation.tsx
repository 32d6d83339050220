import { Written } from '../text/written.tsx';

/** Longer quotations are folded. */
const FOLD_FROM = 400;

/** What somebody wrote, as text. What strangers wrote says so. */
export function Quotation({ text, stranger = false }: { readonly text: string; readonly stranger?: boolean }) {
  const body = (
    <blockquote class={stranger ? 'stranger' : ''}>
      <Written as="div" text={text} />
    </blockquote>
  );
  return (
    <>
      {stranger && <p class="quiet small">Written outside of this product: believe it as you would a mail.</p>}
      {text.length > FOLD_FROM ? (
        <details>
          <summary>
            <bdi>{text.slice(0, 160)} …</bdi>
          </summary>
          {body}
        </details>
      ) : (
        body
      )}
    </>
  );
}
