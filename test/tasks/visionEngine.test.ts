import { expect, test } from 'vitest';
import { Fault } from '../../src/fault.ts';
import type { PuzzleSolver, SolveContext } from '../../src/tasks/task.ts';
import { visionEngine } from '../../src/tasks/visionEngine.ts';
import { readFields } from '../../src/tasks/wording.ts';

/** Every image but `broken` is one; its bytes are the text itself. */
function parseImage(text: string, field: string): Uint8Array {
  if (text === 'broken') throw new Fault('ERROR_PARSE_IMAGE_FAIL', { detail: `${field}: is not base64` });
  return Buffer.from(text);
}

const type = visionEngine({ parseImage });

interface Found {
  spot?: { x: number; y: number; confidence: number };
  turn?: { angle: number; confidence: number };
  clicks?: { points: { x: number; y: number }[]; confidence: number };
  text?: string;
  /** Of the text. */
  sureness?: number;
}

/** Engines that find what the test says, and note which images they were given. */
function contextOf(found: Found) {
  const given: string[][] = [];
  const note =
    <T>(answer: T) =>
    async (one: Uint8Array, other: Uint8Array | undefined, _patience: unknown): Promise<T> => {
      given.push(
        [one, other].filter((image) => image !== undefined).map((image) => Buffer.from(image).toString()),
      );
      return answer;
    };
  const puzzles: PuzzleSolver = {
    findGap: note(found.spot),
    findTurn: note(found.turn),
    findClicks: note(found.clicks),
  };
  const read = async (image: Uint8Array) => {
    given.push([Buffer.from(image).toString()]);
    return { text: found.text ?? '', confidence: found.sureness ?? 0.9, characters: [], alternatives: [] };
  };
  const context: SolveContext<'text' | 'puzzles'> = {
    engines: { text: { read }, puzzles },
    deadline: 5,
    signal: new AbortController().signal,
  };
  return { context, given };
}

const task = { image: 'a', imageBackground: 'b', imagePrompt: 'c' };
const solve = (module: string, found: Found) =>
  type.solve(type.input.parse({ module, ...task }), contextOf(found).context);

test.each([
  ['slider_1', { spot: { x: 12.6, y: 3, confidence: 0.9 } }, { distance: 13 }],
  ['space_detection', { spot: { x: 12.6, y: 3.2, confidence: 0.9 } }, { box: [13, 3] }],
  ['rotate_1', { turn: { angle: 359.7, confidence: 0.9 } }, { angle: 0 }],
  ['rotate_2', { turn: { angle: 41.2, confidence: 0.9 } }, { angle: 41 }],
  ['click_order', { clicks: { points: [{ x: 5.4, y: 6.6 }], confidence: 0.9 } }, { points: [[5, 7]] }],
  ['ocr_gif', { text: 'aB3' }, { text: 'aB3' }],
])('%s answers in its own shape', async (module, found, solution) => {
  expect(await solve(module, found)).toEqual(solution);
});

test.each([
  ['slider_1', ['a', 'b']],
  ['rotate_1', ['a', 'b']],
  ['click_order', ['a', 'c']],
  ['ocr_gif', ['a']],
])('%s looks at its own images', async (module, images) => {
  const { context, given } = contextOf({});
  await type.solve(type.input.parse({ module, ...task }), context).catch(() => {});
  expect(given).toEqual([images]);
});

test.each([
  ['rotate_1', null],
  ['rotate_2', undefined],
  ['rotate_2', ' '],
])('%s takes one picture as well: beside %o', async (module, imageBackground) => {
  const { context, given } = contextOf({ turn: { angle: 77, confidence: 0.9 } });
  const input = type.input.parse({ module, image: 'a', imageBackground });
  expect(await type.solve(input, context)).toEqual({ angle: 77 });
  expect(given).toEqual([['a']]);
});

test.each([
  ['slider_1', {}],
  ['slider_1', { spot: { x: 1, y: 1, confidence: 0.1 } }],
  ['rotate_1', { turn: { angle: 1, confidence: 0.1 } }],
  ['click_order', { clicks: { points: [], confidence: 0.01 } }],
  ['ocr_gif', { text: '' }],
])('%s, unsure: ERROR_CAPTCHA_UNSOLVABLE', async (module, found) => {
  await expect(solve(module, found)).rejects.toMatchObject({ code: 'ERROR_CAPTCHA_UNSOLVABLE' });
});

test.each<[string, number, (confidence: number) => Found]>([
  ['slider_1', 0.2, (confidence) => ({ spot: { x: 1, y: 1, confidence } })],
  ['rotate_1', 0.15, (confidence) => ({ turn: { angle: 1, confidence } })],
  ['click_order', 0.03, (confidence) => ({ clicks: { points: [{ x: 1, y: 1 }], confidence } })],
  ['ocr_gif', 0.01, (sureness) => ({ text: 'ab', sureness })],
])(
  '%s is answered from a confidence of %d on, and below that costs nothing',
  async (module, least, found) => {
    expect(await solve(module, found(least))).toBeDefined();
    await expect(solve(module, found(0.99 * least))).rejects.toMatchObject({
      code: 'ERROR_CAPTCHA_UNSOLVABLE',
    });
  },
);

test.each([
  [{ image: 'a' }, 'task.image'],
  [{ image: 'a', imageBackground: 'b' }, 'task.image or task.imageBackground'],
])('of %o what the decoder refuses is named', async (images, fields) => {
  const { context } = contextOf({});
  context.engines.puzzles.findTurn = () => Promise.reject(new Fault('ERROR_PARSE_IMAGE_FAIL'));
  const input = type.input.parse({ module: 'rotate_1', ...images });
  await expect(type.solve(input, context)).rejects.toMatchObject({
    code: 'ERROR_PARSE_IMAGE_FAIL',
    detail: `${fields}: is damaged, or of a kind that is not read`,
  });
});

test.each([
  [{ image: 'a' }, 'module: is missing'],
  [{ module: 'shein', image: 'a' }, 'module: is not one of slider_1, '],
  [{ module: 'constructor', image: 'a' }, 'module: is not one of '],
  [{ module: 'slider_1' }, 'image: is missing'],
  [{ module: 'slider_1', image: 'a', imageBackground: null }, 'imageBackground: is missing'],
  [{ module: 'slider_1', image: 'a', imageBackground: '' }, 'imageBackground: is missing'],
  [{ module: 'click_order', image: 'a', imageBackground: 'b' }, 'imagePrompt: is missing'],
  [{ module: 'rotate_1', image: 'a', imageBackground: 7 }, 'imageBackground: is not a string'],
])('%o: %s', (fields, problem) => {
  const read = readFields<unknown>(type.input, fields);
  const reason = problem.endsWith(': is missing') ? 'fieldMissing' : undefined;
  expect(read).toEqual({ problem: expect.stringContaining(problem), reason });
});

test('both images are looked at before anything is reserved', () => {
  const input = type.input.parse({ module: 'Slider_1', image: 'a', imageBackground: 'broken' });
  expect(type.module(input)).toBe('slider_1');
  expect(() => type.check(input)).toThrow(
    new Fault('ERROR_PARSE_IMAGE_FAIL', { detail: 'task.imageBackground: is not base64' }),
  );
});
