/** Runs `work` on every item, at most `most` at a time; results in the order of the items. Where one fails no more are begun. */
export async function forAll<Item, Result>(
  items: Iterable<Item>,
  most: number,
  work: (item: Item, index: number) => Promise<Result>,
): Promise<Result[]> {
  const results: Result[] = [];
  const left = each(items);
  let taken = 0;
  const lane = async () => {
    for (const item of left) {
      const index = taken++;
      results[index] = await work(item, index);
    }
  };
  await Promise.all(Array.from({ length: most }, lane));
  return results;
}

/** What all lanes take from: of a list each would have an iterator of its own. */
function* each<Item>(items: Iterable<Item>): Generator<Item> {
  yield* items;
}
