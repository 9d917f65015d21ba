import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { readModelCard } from '../../src/recognize/modelCard.ts';
import { textModel } from '../../src/recognize/modelFiles.ts';
import { weigh } from '../../src/recognize/queuedWork.ts';

const card = readModelCard(textModel);

test.each([
  ['animated.gif', true],
  ['number.png', false],
])('an animation goes through by itself, however small: %s', (name, alone) => {
  const image = readFileSync(new URL(`../../examples/${name}`, import.meta.url));
  expect(weigh({ kind: 'text' }, [image], card)).toMatchObject({ alone });
});
