import { promptFragment, type AgentTool } from '../tools.ts';
import { definitionTokens, tokensOf } from './tokens.ts';

/**
 * The table in README.md that is generated from the definitions: `node shared/agent-tools/testing/readme.ts` writes it.
 */
export function readmeTable(definitions: readonly AgentTool[]): string {
  const rows = definitions.map(
    (tool) =>
      `| \`${tool.name}\` | ${tool.description.replaceAll('|', '\\|')} | ${hints(tool)} | ${definitionTokens(tool)} |`,
  );
  const all = definitions.reduce((sum, tool) => sum + definitionTokens(tool), 0);
  return [
    '| tool | what it does, as the model reads it | effect | tokens |',
    '| --- | --- | --- | ---: |',
    ...rows,
    `| all of them | | | ${all} |`,
    `| the prompt fragment | | | ${tokensOf(promptFragment)} |`,
  ].join('\n');
}

const hints = ({ effects }: AgentTool): string =>
  [
    effects.readOnly ? 'reads' : 'writes',
    effects.destructive && !effects.readOnly && 'cannot be undone',
    effects.openWorld && 'reaches people',
  ]
    .filter(Boolean)
    .join(', ');

export const BEGIN = '<!-- made from the definitions: begin -->';
export const END = '<!-- made from the definitions: end -->';

/** The README with the given table between its marks. @throws Error if a mark is missing. */
export function withTable(readme: string, table: string): string {
  const [begin, end] = [readme.indexOf(BEGIN), readme.indexOf(END)];
  if (begin < 0 || end < begin) throw new Error(`README.md must contain ${BEGIN} before ${END}`);
  return `${readme.slice(0, begin + BEGIN.length)}\n${table}\n${readme.slice(end)}`;
}
