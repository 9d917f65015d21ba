import { readFileSync } from 'node:fs';
import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { systemClock } from '../../src/clock.ts';
import { RecognizerPool } from '../../src/recognize/pool.ts';

const example = (name: string) => readFileSync(new URL(`../../examples/puzzles/${name}`, import.meta.url));
const plain = (width: number, height: number, colour: string) =>
  sharp({ create: { width, height, channels: 3, background: colour } })
    .png()
    .toBuffer();

let pool: RecognizerPool;
beforeAll(async () => {
  pool = await RecognizerPool.start({ threads: 1, queueLimit: 20, clock: systemClock });
});
afterAll(() => pool.stop());

const patience = () => ({ deadline: systemClock.now() + 60_000, signal: new AbortController().signal });

describe('a piece', () => {
  test('goes where it was cut from, not into the decoy', async () => {
    const spot = await pool.findGap(example('slide.piece.png'), example('slide.jpg'), patience());
    expect(Math.hypot(spot!.x - 183, spot!.y - 62)).toBeLessThanOrEqual(2);
    expect(spot!.confidence).toBeGreaterThan(0.5);
  });

  test('in a strip as high as the background: the place of the strip is asked', async () => {
    const strip = await sharp({
      create: { width: 70, height: 180, channels: 4, background: { r: 0, g: 0, b: 0, alpha: 0 } },
    })
      .composite([{ input: example('slide.piece.png'), left: 7, top: 62 }])
      .png()
      .toBuffer();
    const spot = await pool.findGap(strip, example('slide.jpg'), patience());
    expect(Math.abs(spot!.x - (183 - 7))).toBeLessThanOrEqual(2);
    expect(Math.abs(spot!.y)).toBeLessThanOrEqual(2);
  });

  test('without transparency, on an even ground, is cut free of it', async () => {
    const flat = await sharp(example('slide.piece.png')).flatten({ background: '#ffffff' }).png().toBuffer();
    const spot = await pool.findGap(flat, example('slide.jpg'), patience());
    expect(Math.hypot(spot!.x - 183, spot!.y - 62)).toBeLessThanOrEqual(3);
  });

  test('is found at twice the size, in pixels of the larger background', async () => {
    const twice = async (name: string, width: number) =>
      sharp(await sharp(example(name)).resize(width).toBuffer())
        .png()
        .toBuffer();
    const spot = await pool.findGap(
      await twice('slide.piece.png', 112),
      await twice('slide.jpg', 600),
      patience(),
    );
    expect(Math.hypot(spot!.x - 366, spot!.y - 124)).toBeLessThanOrEqual(4);
  });

  test('is found where its gap is one by transparency alone', async () => {
    const shape = await sharp(example('slide.piece.png')).raw().toBuffer({ resolveWithObject: true });
    const { data, info } = await sharp(example('slide.jpg'))
      .ensureAlpha()
      .raw()
      .toBuffer({ resolveWithObject: true });
    const [left, top] = [40, 30];
    for (let i = 3; i < shape.data.length; i += 4) {
      const [x, y] = [((i - 3) / 4) % shape.info.width, Math.floor((i - 3) / 4 / shape.info.width)];
      const at = 4 * ((y + top) * info.width + x + left);
      data.copy(shape.data, i - 3, at, at + 3);
      data[at + 3] = 255 - shape.data[i]!;
    }
    const [piece, background] = await Promise.all(
      [
        { data: shape.data, info: shape.info },
        { data, info },
      ].map((one) => sharp(one.data, { raw: one.info }).png().toBuffer()),
    );
    const spot = await pool.findGap(piece!, background!, patience());
    expect(Math.hypot(spot!.x - left, spot!.y - top)).toBeLessThanOrEqual(2);
  });

  test('that does not fit in has no place', async () => {
    expect(await pool.findGap(example('slide.jpg'), example('slide.piece.png'), patience())).toBeUndefined();
  });

  test('has no sure place where there is no gap', async () => {
    const spot = await pool.findGap(example('slide.piece.png'), await plain(300, 180, '#8899aa'), patience());
    expect(spot?.confidence ?? 0).toBeLessThan(0.2);
  });
});

describe('a disc', () => {
  test('is told how far it is turned, by the seam around a transparent hole', async () => {
    const turn = await pool.findTurn(example('rotate.disc.png'), example('rotate.png'), patience());
    expect(Math.abs(turn!.angle - 128)).toBeLessThanOrEqual(2);
  });

  test('likewise where the picture has a plain hole', async () => {
    const filled = await sharp(example('rotate.png')).flatten({ background: '#ffffff' }).png().toBuffer();
    const turn = await pool.findTurn(example('rotate.disc.png'), filled, patience());
    expect(Math.abs(turn!.angle - 128)).toBeLessThanOrEqual(3);
  });

  test('has no sure turn in a picture of one colour', async () => {
    const turn = await pool.findTurn(
      example('rotate.disc.png'),
      await plain(240, 240, '#335577'),
      patience(),
    );
    expect(turn?.confidence ?? 0).toBeLessThan(0.15);
  });

  test('as large as the picture has nothing around it', async () => {
    const disc = await plain(240, 240, '#335577');
    expect(await pool.findTurn(disc, example('slide.piece.png'), patience())).toBeUndefined();
  });
});

describe('the middle of one picture', () => {
  const whole = () =>
    sharp(example('rotate.png'))
      .composite([{ input: example('rotate.disc.png') }])
      .png()
      .toBuffer();

  test('is told how far it is turned, by the seam alone', async () => {
    const turn = await pool.findTurn(await whole(), undefined, patience());
    expect(Math.abs(turn!.angle - 128)).toBeLessThanOrEqual(3);
    expect(turn!.confidence).toBeGreaterThan(0.5);
  });

  test('likewise in a large JPEG', async () => {
    const large = await sharp(await whole())
      .flatten()
      .resize(720)
      .jpeg({ quality: 85 })
      .toBuffer();
    const turn = await pool.findTurn(large, undefined, patience());
    expect(Math.abs(turn!.angle - 128)).toBeLessThanOrEqual(3);
  });

  test('that is not turned, or only with all the rest, has no answer', async () => {
    expect(await pool.findTurn(example('slide.jpg'), undefined, patience())).toBeUndefined();
    const turned = await sharp(example('click.jpg')).rotate(90).png().toBuffer();
    expect(await pool.findTurn(turned, undefined, patience())).toBeUndefined();
  });
});

describe('clicks', () => {
  test('lie on what the prompt shows, in its order', async () => {
    const clicks = await pool.findClicks(example('click.jpg'), example('click.prompt.png'), patience());
    const places = [
      [60, 50],
      [215, 120],
      [130, 90],
    ] as const;
    expect(clicks!.points).toHaveLength(places.length);
    for (const [i, [x, y]] of places.entries())
      expect(Math.hypot(clicks!.points[i]!.x - x, clicks!.points[i]!.y - y)).toBeLessThan(12);
  });

  test('are none where the prompt is empty', async () => {
    expect(
      await pool.findClicks(example('click.jpg'), await plain(150, 40, '#ffffff'), patience()),
    ).toBeUndefined();
  });
});

describe('classes', () => {
  test('a probability for each, together 1', async () => {
    const probabilities = await pool.classify(example('slide.jpg'), patience());
    expect(probabilities).toHaveLength(1000);
    expect(probabilities.reduce((sum, p) => sum + p, 0)).toBeCloseTo(1, 3);
  });
});

test('a broken second image is the client’s mistake, and the thread goes on', async () => {
  const broken = Buffer.concat([example('slide.piece.png').subarray(0, 300), Buffer.alloc(300)]);
  await expect(pool.findGap(broken, example('slide.jpg'), patience())).rejects.toMatchObject({
    code: 'ERROR_PARSE_IMAGE_FAIL',
  });
  expect(await pool.findGap(example('slide.piece.png'), example('slide.jpg'), patience())).toBeDefined();
  expect(pool.load.threads).toBe(1);
});
