import { expect, it } from 'vitest';
import { hold, onEachEngine, openAccount, released, settled } from './engines.ts';

onEachEngine('tasks that are waited for', (makeBooks) => {
  it('are found once they are ready or failed, by whatever process, and no poll is counted', async () => {
    const books = await makeBooks();
    const [store, other] = [await books.open(), await books.open()];
    await openAccount(store, 1_000_000);
    const ids = ['open', 'ready', 'failed'];
    for (const taskId of ids) await store.reserve(hold({ taskId }));
    expect(await store.endedAmong([...ids, 'unknown'])).toEqual([]);
    await other.settle(settled('ready'));
    await other.release(released('failed'));
    expect((await store.endedAmong([...ids, 'unknown'])).sort()).toEqual(['failed', 'ready']);
    expect(await books.sql('select id from task where polls > 0')).toEqual([]);
    expect(await store.endedAmong([])).toEqual([]);
  });
});
