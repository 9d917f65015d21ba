import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';

it('NOTICE names every library that npm installs for the server', () => {
  const { dependencies } = JSON.parse(readFileSync('package.json', 'utf8'));
  const named = readFileSync('NOTICE', 'utf8').split(/[\s,]+/);
  expect(Object.keys(dependencies).filter((name) => !named.includes(name))).toEqual([]);
});
