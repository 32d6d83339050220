import { partsOf } from './links.ts';

/**
 * What an agent or a stranger wrote: text, never markup, kept apart from the direction of what is around it. Addresses
 * can be opened, and show their host.
 */
export const Written = ({ text, as: Tag = 'span' }: { text: string; as?: 'span' | 'p' | 'div' }) => (
  <Tag class="written" dir="auto">
    {partsOf(text).map((part) =>
      typeof part === 'string' ? (
        part
      ) : (
        <a href={part.href} target="_blank" rel="noopener noreferrer nofollow" referrerpolicy="no-referrer">
          {part.href} <span class="host">({part.host})</span>
        </a>
      ),
    )}
  </Tag>
);

/** The same where it stands within a link: its addresses are words there. */
export const Quoted = ({ text }: { text: string }) => (
  <span class="written" dir="auto">
    {text}
  </span>
);
