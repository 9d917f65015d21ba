import { expect, it } from 'vitest';
import { onEachEngine } from './engines.ts';

onEachEngine('the time of a database', (makeBooks) => {
  it('is told where several processes share it, and that of a file is the machine’s', async () => {
    const books = await makeBooks();
    const store = await books.open();
    const before = Date.now();
    const time = await store.sharedTime();
    if (books.engine === 'sqlite') return expect(time).toBeUndefined();
    // The test's server runs on this machine.
    expect(time).toBeGreaterThanOrEqual(before - 5);
    expect(time).toBeLessThanOrEqual(Date.now() + 5);
  });
});
