/** As many of the rows as together take no more than `budget` bytes as JSON, the first before the others: addresses are short, but may be hundreds. */
export function within<T>(rows: readonly T[], budget: number): T[] {
  let left = budget;
  return rows.filter((row) => (left -= Buffer.byteLength(JSON.stringify(row))) >= 0);
}
