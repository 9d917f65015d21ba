import { expect, test } from 'vitest';
import { Fault } from '../../src/fault.ts';
import { capmonster } from '../../src/http/dialects/capmonster.ts';
import { twocaptchaV1 } from '../../src/http/dialects/twocaptchaV1.ts';
import type { ReadOptions } from '../../src/reading.ts';
import { ask, type Foreign, hosts } from '../clients/wire.ts';
import { openWorld, picture, start } from '../world.ts';

/** What the recogniser is asked for when a client of a dialect sets these options. */
async function readWith(dialect: Foreign, options: object, confidence = 0.8) {
  const asked: ReadOptions[] = [];
  const text = {
    async read(_image: Uint8Array, given: ReadOptions) {
      asked.push(given);
      return { text: '3+4', confidence, characters: [], alternatives: [] };
    },
  };
  await using world = await openWorld({ engines: { text } });
  const task = { type: 'ImageToTextTask', body: await picture(), ...options };
  const created = await ask(world, dialect, 'createTask', { task });
  const { taskId } = created;
  const text_ = taskId ? (await ask(world, dialect, 'getTaskResult', { taskId })).solution.text : undefined;
  const { errorCode: code, errorDescription: description } = created;
  return { code, description, text: text_, ...asked[0] };
}

const every = Object.keys(hosts) as Foreign[];

test('capmonster: the kind of a task is named in upper or lower case, and needs its pictures', async () => {
  await using world = await openWorld();
  const named = { class: 'recognition', metadata: { Task: 'oocl_rotate_new' } };
  for (const type of ['ComplexImageTask', 'complexImageTask'])
    for (const imagesBase64 of [undefined, []])
      expect(
        await ask(world, 'capmonster', 'createTask', { task: { type, imagesBase64, ...named } }),
      ).toMatchObject({ errorCode: 'ERROR_ZERO_CAPTCHA_FILESIZE' });
});

test('capmonster: a picture to turn needs both of its images, and is told by their places', async () => {
  await using world = await openWorld();
  const image = await picture(60, 60);
  const task = { type: 'ComplexImageTask', class: 'recognition', metadata: { Task: 'oocl_rotate' } };
  const make = async (imagesBase64: unknown) => {
    const { errorCode, errorDescription } = await ask(world, 'capmonster', 'createTask', {
      task: { ...task, imagesBase64 },
    });
    return [errorCode, errorDescription];
  };
  const both = /task\.imagesBase64: is not a list of background and disc/;
  for (const images of [['', image], [null, image], [image, ''], [image], 'text'])
    expect(await make(images)).toEqual(['ERROR_ZERO_CAPTCHA_FILESIZE', expect.stringMatching(both)]);
  expect(await make([5, image])).toEqual([
    'ERROR_NO_SUCH_METHOD',
    expect.stringMatching(/task\.imagesBase64\.0: /),
  ]);
  expect(await world.money()).toEqual({ posted: start, pending: 0 });
});

test.each([
  ['less sure than task.score asks for', 'less sure than task.recognizingThreshold asks for'],
  [
    'task.image or task.imageBackground: is damaged',
    'task.imagesBase64.1 or task.imagesBase64.0: is damaged',
  ],
])('capmonster: of how a task ended, fields have the names of its own contract: %s', (detail, told) => {
  const fault = new Fault('ERROR_PARSE_IMAGE_FAIL', { detail });
  const { body } = capmonster.callback({ taskId: 'a', state: 'failed', fault }, 1, 'en');
  expect(JSON.parse(body).errorDescription).toContain(`: ${told}`);
});

test.each([
  [0, 0],
  [90, 270],
  [359, 1],
])('capmonster: a picture that is turned by %i degrees is to be turned on by %i', (angle, answer) => {
  const bill = { price: 0, address: '', createdAt: 0, endedAt: 0 };
  const solution = JSON.stringify({ angle, confidence: 0.9 });
  const { body } = capmonster.callback({ taskId: 'a', state: 'ready', solution, bill }, 1, 'en');
  expect(JSON.parse(body).solution).toEqual({ answer: [answer] });
});

test('2captcha: an image with a grid of no rows and no columns is one to read', () => {
  const typeOf = (more: object) => {
    const { task } = twocaptchaV1.translate!({ body: 'x', ...more }, '/in.php') as { task: { type: string } };
    return task.type;
  };
  for (const no of ['0', 0, '', undefined])
    expect(typeOf({ recaptcharows: no, recaptchacols: no, img_type: '' })).toBe('ImageToTextTask');
  for (const some of ['3', 3]) expect(typeOf({ recaptcharows: some })).toBe('in.php recaptcharows');
});

test('capmonster: the images of a VisionEngine task have their own names', async () => {
  await using world = await openWorld();
  for (const [module, name] of [
    ['ocr_gif', 'image'],
    ['click_order', 'imagePrompt'],
  ]) {
    const image = name === 'image' ? undefined : await picture(60, 60);
    const task = { type: 'VisionEngine', module, image };
    expect(await ask(world, 'capmonster', 'createTask', { task })).toMatchObject({
      errorCode: 'ERROR_ZERO_CAPTCHA_FILESIZE',
      errorDescription: expect.stringContaining(`task.${name}: is missing`),
    });
  }
});

test('capmonster: a picture to turn is named by a text', async () => {
  await using world = await openWorld();
  const metadata = { Task: { toString: 1 } };
  const task = { type: 'ComplexImageTask', class: 'recognition', imagesBase64: [], metadata };
  const { errorCode } = await ask(world, 'capmonster', 'createTask', { task });
  expect(errorCode).toBe('ERROR_NO_SUCH_METHOD');
});

test.each(every)('%s: digits only, letters only, lengths', async (dialect) => {
  expect(await readWith(dialect, { numeric: 1 })).toMatchObject({ alphabet: '0123456789' });
  const { alphabet } = await readWith(dialect, { numeric: 2 });
  expect(alphabet).toMatch(/^[A-Za-z]{52}$/);
  for (const numeric of [0, 3, 4, null, { toString: 1 }]) {
    const read = await readWith(dialect, { numeric });
    expect(read.code).toBeUndefined();
    expect(read).not.toHaveProperty('alphabet');
  }
  expect(await readWith(dialect, { minLength: 4, maxLength: 6 })).toMatchObject({
    minLength: 4,
    maxLength: 6,
  });
});

test.each(every)(
  '%s: arithmetic is worked out, and lengths are not those of the expression',
  async (dialect) => {
    const read = await readWith(dialect, { math: true, maxLength: 1, numeric: 1 });
    expect(read).toMatchObject({ expression: true, text: '7' });
    expect(read).not.toHaveProperty('maxLength');
  },
);

test.each(every)('%s: what clients send beside, set or not, changes nothing', async (dialect) => {
  const beside = { phrase: false, case: true, math: false, numeric: 0, minLength: 0, maxLength: 0 };
  const read = await readWith(dialect, { ...beside, comment: null, languagePool: 'en', websiteURL: null });
  expect(read).toMatchObject({ text: '3+4' });
  expect(read).not.toHaveProperty('alphabet');
  expect(read).not.toHaveProperty('maxLength');
});

test('CapMonster: its modules are ours, and its threshold is a score', async () => {
  const module = { CapMonsterModule: 'yandexwave', Case: true };
  expect(await readWith('capmonster', { ...module, recognizingThreshold: 80 })).toMatchObject({
    text: '3+4',
  });
  expect(await readWith('capmonster', { ...module, recognizingThreshold: 81 })).toMatchObject({
    code: 'ERROR_CAPTCHA_UNSOLVABLE',
  });
  expect(await readWith('capmonster', { recognizingThreshold: 101 })).toMatchObject({
    code: 'ERROR_NO_SUCH_METHOD',
    description: expect.stringContaining('task.recognizingThreshold: is not from 0 to 100'),
  });
});

test.each(every)('%s: null is as if it were not there', async (dialect) => {
  const { alphabet } = await readWith(dialect, { numeric: 2, charset: null });
  expect(alphabet).toMatch(/^[A-Za-z]{52}$/);
  const { code } = await readWith(dialect, { score: null, body: null });
  expect(code).toBe('ERROR_ZERO_CAPTCHA_FILESIZE');
});

test.each(every)('%s: switches are read however their clients write them', async (dialect) => {
  for (const on of [true, 1, '1', 'true', 'True', 'yes', 'on'])
    expect(await readWith(dialect, { math: on })).toMatchObject({ expression: true });
  for (const off of [false, 0, '0', 'False', 'no', '', null])
    expect(await readWith(dialect, { math: off })).not.toHaveProperty('expression');
});

test.each(['anticaptcha', '2captcha'] as const)(
  "%s: CapMonster's threshold is one of many unknown fields",
  async (dialect) => {
    expect(await readWith(dialect, { recognizingThreshold: 101 })).toMatchObject({ text: '3+4' });
  },
);

test("CapMonster: a threshold is left out by null or nothing, and gives way to our score's", async () => {
  for (const recognizingThreshold of [null, '', undefined])
    expect(await readWith('capmonster', { recognizingThreshold })).toMatchObject({ text: '3+4' });
  for (const score of [null, ''])
    expect((await readWith('capmonster', { recognizingThreshold: '81', score })).code).toBe(
      'ERROR_CAPTCHA_UNSOLVABLE',
    );
  expect(await readWith('capmonster', { recognizingThreshold: 81, score: 0.5 })).toMatchObject({
    text: '3+4',
  });
});

test('CapMonster: an option of ours is told by its own name, and Case may be anything', async () => {
  for (const score of [5, 0.9]) {
    const { description } = await readWith('capmonster', { recognizingThreshold: 10, score });
    expect(description).toContain('task.score');
  }
  expect((await readWith('capmonster', { score: 5 })).description).toMatch(
    /: task\.score: is not from 0 to 1$/,
  );
  expect(await readWith('capmonster', { Case: '' })).toMatchObject({ text: '3+4' });
});
