import { expect, test } from 'vitest';
import { nodeFlags } from './nodeFlags.ts';

test('the processes that run the tests have the flags that keep V8 from crashing', () => {
  expect(process.execArgv).toEqual(expect.arrayContaining(nodeFlags));
});
