import type { ComponentChildren } from 'preact';

interface TableProps {
  /** Names the table. */
  readonly caption: string;
  readonly heads: readonly string[];
  readonly rows: readonly { readonly key: string; readonly cells: readonly ComponentChildren[] }[];
}

/**
 * Figures side by side. On a phone each row is a block in which every cell has its head beside it; the roles are written
 * out, because a table that is laid out otherwise would be none to a screen reader.
 */
export const Table = ({ caption, heads, rows }: TableProps) => (
  <table class="figures" role="table" aria-label={caption}>
    <thead role="rowgroup">
      <tr role="row">
        {heads.map((head) => (
          <th key={head} role="columnheader" scope="col">
            {head}
          </th>
        ))}
      </tr>
    </thead>
    <tbody role="rowgroup">
      {rows.map(({ key, cells }) => (
        <tr key={key} role="row">
          {cells.map((cell, index) => (
            <td key={heads[index]} role="cell" data-head={heads[index]}>
              <span>{cell}</span>
            </td>
          ))}
        </tr>
      ))}
    </tbody>
  </table>
);
