interface Page<Item> {
  readonly items: readonly Item[];
  readonly next_cursor: string | null;
}

/** Yields the items of all pages. Fetches a page only when the items of the previous one are consumed. */
export async function* pages<Item>(
  fetchPage: (cursor: { cursor?: string }) => Promise<Page<Item>>,
): AsyncGenerator<Item, void, undefined> {
  let cursor: string | undefined;
  do {
    const { items, next_cursor } = await fetchPage(cursor === undefined ? {} : { cursor });
    yield* items;
    cursor = next_cursor ?? undefined;
  } while (cursor !== undefined);
}
