import { Written } from '../text/written.tsx';
import type { Content, Field } from './content.ts';

/** What an agent sent along with its question. */
export const Fields = ({ fields }: { fields: readonly Field[] }) => (
  <dl class="fields">
    {fields.map(({ name, content }) => (
      <div key={name}>
        <dt dir="auto" class="written">
          {name}
        </dt>
        <dd>
          <Shown content={content} />
        </dd>
      </div>
    ))}
  </dl>
);

function Shown({ content }: { content: Content }) {
  if (content.kind === 'text') return <Written text={content.text} as="div" />;
  if (content.kind === 'fields') return <Fields fields={content.fields} />;
  return (
    <ul class="items">
      {content.items.map((item, index) => (
        <li key={index}>
          <Shown content={item} />
        </li>
      ))}
    </ul>
  );
}
