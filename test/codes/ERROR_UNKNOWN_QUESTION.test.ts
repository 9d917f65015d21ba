import { expect, test } from 'vitest';
import { expectReady, expectRefusal, openWorld, picture, price, start } from '../world.ts';

const text = 'Wrong Question ID: task.question: see GET /questions';
const classes = { classify: async () => new Float32Array(1000).fill(0.001) };

test('a question that no class and no coarser word answers costs nothing', async () => {
  await using world = await openWorld({ engines: { classes } });
  const images = [await picture(64, 64)];
  for (const question of ['unicorn', 'constructor', 'n00000000'])
    expectRefusal(
      await world.call('createTask', { task: { type: 'ImageClassificationTask', images, question } }),
      'ERROR_UNKNOWN_QUESTION',
      text,
    );
  expect(await world.money()).toEqual({ posted: start, pending: 0 });
});

test('plurals are understood, the irregular ones too', async () => {
  await using world = await openWorld({ engines: { classes } });
  const images = [await picture(64, 64)];
  const plurals = ['buses', 'dogs', 'wolves', 'knives', 'scarves', 'geese', 'Mice', 'people'];
  for (const question of plurals)
    expectReady(
      await world.call('createTask', { task: { type: 'ImageClassificationTask', images, question } }),
    );
});

test('each question that GET /questions lists is answered, and paid', async () => {
  await using world = await openWorld({ engines: { classes } });
  const listed = await fetch(`${world.url}/questions`);
  expect(listed.status).toBe(200);
  expect(listed.headers.get('content-type')).toMatch(/^application\/json/);
  expect(listed.headers.get('cache-control')).toBe('public, max-age=3600');
  // biome-ignore lint/suspicious/noExplicitAny: its shape is what is looked at
  const body: any = await listed.json();
  expect(Object.keys(body)).toEqual(['errorId', 'errorCode', 'errorDescription', 'questions', 'groups']);
  const images = [await picture(64, 64)];
  const asked = [body.questions[281].id, body.questions[281].names[0], body.groups[0].name];
  for (const question of asked)
    expectReady(
      await world.call('createTask', { task: { type: 'ImageClassificationTask', images, question } }),
      {
        objects: expect.any(Array),
        scores: [expect.any(Number)],
      },
    );
  expect(await world.money()).toEqual({ posted: start - asked.length * price, pending: 0 });
});

test('a strict server lists its questions too', async () => {
  await using world = await openWorld({ settings: { strict: true } });
  expect((await fetch(`${world.url}/questions`)).status).toBe(200);
});
