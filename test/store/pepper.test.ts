import { expect, it, vi } from 'vitest';
import { systemClock } from '../../src/clock.ts';
import { fingerprintOf } from '../../src/key.ts';
import { untilPepperIsKnown } from '../../src/running/unknownPepper.ts';
import { welcome } from '../../src/running/welcome.ts';
import { newKey, noon, onEachEngine, openAccount } from './engines.ts';

const right = 'r'.repeat(32);

onEachEngine('the fingerprint of the pepper', (makeBooks) => {
  it('is that of the last pepper before the first key, and of no other from then on', async () => {
    const books = await makeBooks();
    const store = await books.open();
    expect(await store.keptPepper()).toBeUndefined();
    expect(await store.keepPepper('one')).toBe('one');
    expect(await store.keepPepper('other')).toBe('other');
    await openAccount(store, 0); // With a key.
    expect(await store.keepPepper('one')).toBe('other');
    expect(await store.keptPepper()).toBe('other');
    expect(await (await books.open()).keptPepper()).toBe('other');
  });

  it('is that of whoever makes the first key, whatever another that starts has written meanwhile', async () => {
    const books = await makeBooks();
    const [first, second] = [await books.open(), await books.open()];
    const peppers = { first: 'p'.repeat(32), second: 'q'.repeat(32) };
    await first.keepPepper(fingerprintOf(peppers.first));
    await second.keepPepper(fingerprintOf(peppers.second));
    expect(await welcome(first, peppers.first, systemClock)).toBeDefined();
    expect(await second.keepPepper(fingerprintOf(peppers.second))).toBe(fingerprintOf(peppers.first));
  });

  it('is not known where keys were made before any was kept, until one of them is found', async () => {
    const store = await (await makeBooks()).open();
    await openAccount(store, 0);
    expect(await store.keepPepper(fingerprintOf(right))).toBeUndefined();
    expect(await store.keptPepper()).toBeUndefined();
    const log = { warn: vi.fn() };
    const served = await untilPepperIsKnown(store, right, log);
    expect(log.warn).toHaveBeenCalledWith({}, expect.stringContaining('is not known'));
    expect(await served.findPrincipal('hash-nobody')).toBeUndefined();
    expect(await store.keptPepper()).toBeUndefined();
    expect(await served.findPrincipal('hash-alice')).toMatchObject({ key: { id: 'key-alice' } });
    expect(await store.keptPepper()).toBe(fingerprintOf(right));
    expect(await store.keepPepper('other')).toBe(fingerprintOf(right));
    expect(await untilPepperIsKnown(store, right, log)).toBe(store);
  });

  it('is not known by a key that was made since, perhaps with a wrong one: the right one would be shut out', async () => {
    const store = await (await makeBooks()).open();
    await openAccount(store, 0);
    const log = { warn: vi.fn() };
    const wrong = 'w'.repeat(32);
    await store.keepPepper(fingerprintOf(wrong));
    const young = newKey({ id: 'young', hash: 'hash-young', label: 'young', now: noon + 1 });
    await store.createKey(young);
    await store.keepPepper(fingerprintOf(wrong));
    const served = await untilPepperIsKnown(store, wrong, log);
    expect(await served.findPrincipal('hash-young')).toMatchObject({ key: { id: 'young' } });
    expect(await store.keepPepper(fingerprintOf(right))).toBeUndefined();
    const again = await untilPepperIsKnown(store, right, log);
    for (const hash of ['hash-young', 'hash-alice']) await again.findPrincipal(hash);
    expect(await store.keptPepper()).toBe(fingerprintOf(right));
  });
});
