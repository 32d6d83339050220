interface Page<Item> {
  readonly items: readonly Item[];
  readonly next_cursor: string | null;
}

/** Yields the items of all pages, fetching each page when the one before has been taken. */
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
