/** The picked value of each item of an async sequence. */
export async function collect<Item, Wanted>(
  items: AsyncIterable<Item>,
  pick: (item: Item) => Wanted,
): Promise<Wanted[]> {
  const picked: Wanted[] = [];
  for await (const item of items) picked.push(pick(item));
  return picked;
}
