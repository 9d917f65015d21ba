import { expect, test } from 'vitest';
import { table } from '../../src/cli/output.ts';

test('a table may be as long as the list that it shows', () => {
  const rows = Array.from({ length: 200_000 }, (_, i) => [String(i), 'x']);
  const lines = table(['number', 'mark'], rows).split('\n');
  expect(lines).toHaveLength(200_001);
  expect([lines[0], lines[1], lines.at(-1)]).toEqual(['number  mark', '0       x', '199999  x']);
});
