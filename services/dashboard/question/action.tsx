import { Previews } from './context.tsx';
import { previewsOfAction } from './proposal.ts';
import type { Question } from './outcome.ts';

interface ActionProps {
  readonly heading: string;
  readonly action: NonNullable<Question['action']>;
  readonly id: string;
}

/** What will be done, or what may be done now. */
export function Action({ heading, action, id }: ActionProps) {
  const { type, previews } = previewsOfAction(action);
  return (
    <section aria-labelledby={id} class="action">
      <h2 id={id}>
        {heading}: <bdi class="written">{type}</bdi>
      </h2>
      <Previews of={previews} isPart />
    </section>
  );
}
