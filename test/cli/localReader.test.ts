import { readFileSync } from 'node:fs';
import { expect, it, vi } from 'vitest';
import { startLocalReader } from '../../src/cli/localReader.ts';
import { example } from '../../src/example.ts';

it('what nobody waits for is read however far the clock goes meanwhile, as when a laptop sleeps', async () => {
  const reader = await startLocalReader({ threads: 1 });
  try {
    const image = readFileSync(example.file);
    const reading = Array.from({ length: 24 }, () => reader.solve(image));
    const later = Date.now() + 3_600_000;
    vi.spyOn(Date, 'now').mockReturnValue(later);
    const texts = (await Promise.all(reading)).map(({ text }) => text);
    expect(texts).toEqual(Array(24).fill(example.text));
  } finally {
    vi.restoreAllMocks();
    await reader.stop();
  }
});
