import type { ComponentChildren } from 'preact';
import { useEffect, useState } from 'preact/hooks';
import type { Resource } from '../store/resource.ts';

/** After this time without anything to show, the page says that it loads: sooner, words would only flicker. */
const SHOWN_AFTER_MS = 150;

/** What was read, or that it is being read, or why it could not be. What is there already stays on the page. */
export function Reading({ of: { data, error, slow, reload }, children }: ReadingProps) {
  const isThere = data.value !== undefined;
  return (
    <>
      {error.value && (
        <div class="problem" role="alert">
          <p>
            {isThere ? 'This could not be read anew. ' : 'This could not be read. '}
            {error.value.detail}
          </p>
          <button type="button" onClick={() => void reload()}>
            Try again
          </button>
        </div>
      )}
      {slow.value && <p role="status">The server takes longer than usual. The page goes on trying.</p>}
      {isThere ? children : error.value ? null : <Loading />}
    </>
  );
}

interface ReadingProps {
  readonly of: Resource<unknown>;
  readonly children: ComponentChildren;
}

function Loading() {
  const [isLate, setLate] = useState(false);
  useEffect(() => {
    const later = setTimeout(() => setLate(true), SHOWN_AFTER_MS);
    return () => clearTimeout(later);
  }, []);
  return isLate ? (
    <p class="quiet" role="status">
      Loading …
    </p>
  ) : null;
}
