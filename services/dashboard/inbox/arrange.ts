import type { InboxItem, InboxPage } from '../store/inbox.ts';

export const GROUPS = ['answer', 'look_at', 'ending'] as const;

/** A row keeps its place for as long as the list is open. */
export interface Row {
  readonly item: InboxItem;
  /** It waits no longer: it was dealt with here, elsewhere or by time. */
  readonly isOver: boolean;
  /** Its place in what the server answered last. */
  readonly rank: number;
}

export interface Arranged {
  readonly rows: readonly Row[];
  /** New ones that would push down what is being read. */
  readonly held: readonly InboxItem[];
}

/** A list that is opened: as the server has it. */
export const arranged = ({ items }: Pick<InboxPage, 'items'>): Arranged => ({
  rows: items.map((item, rank) => ({ item, isOver: false, rank })),
  held: [],
});

/**
 * What the list shows after it was read again. Nothing moves: what is over stays where it was, and a new row is added
 * only below all others. The rest is held until the reader asks for it.
 */
export function rearrange(before: readonly Row[], page: Pick<InboxPage, 'items' | 'next_cursor'>): Arranged {
  if (before.every(({ isOver }) => isOver)) return arranged(page);
  const read = new Map(page.items.map((item, rank) => [item.id, { item, isOver: false, rank }]));
  const lastFound = Math.max(...before.filter(({ item }) => read.has(item.id)).map(({ rank }) => rank), -1);
  const rows = before.map((row): Row => {
    const now = read.get(row.item.id);
    if (now) return now;
    // Behind the end of the page may be others that only were pushed there.
    const isPushedOut = page.next_cursor !== null && row.rank > lastFound;
    return isPushedOut ? row : { ...row, isOver: true };
  });
  const lowest = Math.max(...rows.map(({ item }) => GROUPS.indexOf(item.group)));
  const known = new Set(before.map(({ item }) => item.id));
  const lastRank = Math.max(...rows.filter(({ isOver }) => !isOver).map(({ rank }) => rank), -1);
  const added = [...read.values()].filter(({ item }) => !known.has(item.id));
  const isBelowAll = ({ item, rank }: Row): boolean => GROUPS.indexOf(item.group) >= lowest && rank > lastRank;
  return {
    rows: [...rows, ...added.filter(isBelowAll)],
    held: added.filter((row) => !isBelowAll(row)).map(({ item }) => item),
  };
}
