import { expect, test } from 'vitest';
import { servedTypes, standardPrices } from '../../src/settings/prices.ts';
import { taskTypes } from '../../src/tasks/registry.ts';

const types = taskTypes({ strict: false } as never);

test('every type that is served has a price, and nothing else has', () => {
  expect(types.map(({ type }) => type).sort()).toEqual([...servedTypes].sort());
});

test.each(['ImageToTextTask', 'VisionEngine'])('so has every module of %s', (name) => {
  const type = types.find((served) => served.type === name)!;
  const task = { type: name, body: 'AAAA', image: 'AAAA', module: 'none such' };
  const refusal = type.input.safeParse(task).error?.issues[0]?.message ?? '';
  const modules = /is not one of (.+)/.exec(refusal)?.[1]?.split(', ') ?? [];
  const priced = Object.keys(standardPrices).filter((key) => key.startsWith(`${name}/`));
  expect(modules.map((module) => `${name}/${module}`).sort()).toEqual(priced.sort());
});
