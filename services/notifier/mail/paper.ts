/**
 * A mail before it has a form. What is `said` or `theirs` was written by agents and strangers, and cleaned already;
 * everything else is in our own words. Both forms keep the two apart: HTML by a frame, plain text by indenting.
 */
export type Block =
  | { readonly kind: 'kicker' | 'note'; readonly text: string }
  | { readonly kind: 'heading'; readonly text: string }
  | { readonly kind: 'said'; readonly text: string }
  | { readonly kind: 'code'; readonly text: string }
  | { readonly kind: 'facts'; readonly heading: string; readonly facts: readonly Fact[] }
  | {
      readonly kind: 'choices';
      readonly heading: string;
      readonly how: string;
      readonly choices: readonly { readonly theirs: string; readonly href: string }[];
    }
  | { readonly kind: 'go'; readonly text: string; readonly href: string; readonly isPrimary: boolean }
  | { readonly kind: 'list'; readonly heading: string; readonly items: readonly Item[]; readonly rest: string };

export interface Fact {
  /** '' for what is named by others as well. */
  readonly name: string;
  readonly named?: string;
  readonly ours?: string;
  readonly theirs?: string;
}

export interface Item {
  readonly what: string;
  readonly title: string;
  readonly text: string;
  readonly until: string;
  readonly href: string;
}

export interface Paper {
  readonly language: string;
  readonly title: string;
  /** What a list of mails shows beside the subject. */
  readonly preview: string;
  readonly blocks: readonly Block[];
  readonly footer: readonly string[];
  readonly links: readonly { readonly text: string; readonly href: string }[];
}

/** The plain text. What others wrote is indented, and no line of it can pass for one of ours. */
export function asText({ blocks, footer, links }: Paper): string {
  const foot = [...footer, ...links.map(({ text, href }) => `${text}: ${href}`)];
  return `${[...blocks.map(textOf), ['-- ', ...foot].join('\n')].filter((part) => part !== '').join('\n\n')}\n`;
}

const indented = (text: string): string => text.replace(/^(?=.)/gm, '    ');

const factOf = ({ name, named, ours = '', theirs = '' }: Fact): string =>
  [
    ...(name === '' ? [] : [[`${name}:`, ours === '' || theirs === '' ? ours : `${ours}:`].join(' ').trimEnd()]),
    ...(theirs === '' ? [] : [indented(named === undefined ? theirs : `${named}: ${theirs}`)]),
  ].join('\n');

function textOf(block: Block): string {
  switch (block.kind) {
    case 'kicker':
    case 'note':
    case 'heading':
      return block.text;
    case 'said':
    case 'code':
      return indented(block.text);
    case 'facts':
      return [...(block.heading === '' ? [] : [block.heading]), ...block.facts.map(factOf)].join('\n');
    case 'choices':
      return [
        `${block.heading}. ${block.how}`,
        ...block.choices.map(({ theirs, href }) => `${indented(theirs)}\n${href}`),
      ].join('\n\n');
    case 'go':
      return `${block.text}:\n${block.href}`;
    case 'list':
      return [
        ...(block.heading === '' ? [] : [block.heading]),
        ...block.items.map(({ what, title, text, until, href }) =>
          [
            `${what}${until === '' ? '' : `, ${until}`}`,
            ...[title, text].filter((line) => line !== '').map(indented),
            href,
          ].join('\n'),
        ),
        ...(block.rest === '' ? [] : [block.rest]),
      ].join('\n\n');
    default:
      return block satisfies never;
  }
}
