import '../../src/recognize/withoutTelemetry.ts';
import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { brotliDecompressSync } from 'node:zlib';
import ort from 'onnxruntime-node';
import sharp from 'sharp';
import { expect, test } from 'vitest';
import { closerModel, textModel } from '../../src/recognize/modelFiles.ts';
import { cutsSumsOff, openSession } from '../../src/recognize/session.ts';

const names = ['common.png', 'number.png', 'transparent.png', 'common.jpg', 'common.webp'];

async function probabilities(session: ort.InferenceSession, image: Buffer): Promise<number[]> {
  const { logp } = await session.run({ image: new ort.Tensor('uint8', image, [1, 48, 144, 3]) });
  return Array.from(logp!.data as Float32Array, Math.exp);
}

test('the net says in bytes what it says in floating point, on processors whose sums of bytes overflow too', async () => {
  const integers = await openSession(textModel);
  // Unoptimised, each byte is turned back into a float before anything is computed with it.
  const floats = await ort.InferenceSession.create(textModel, { graphOptimizationLevel: 'disabled' });
  const apart: number[] = [];
  for (const name of names) {
    const file = readFileSync(new URL(`../../examples/${name}`, import.meta.url));
    for (const contrast of [0.25, 0.5, 1]) {
      const picture = sharp(file)
        .flatten()
        .linear(contrast, 255 * (1 - contrast));
      const image = await picture.resize(144, 48, { fit: 'fill' }).raw().toBuffer();
      const [ours, exact] = [await probabilities(integers, image), await probabilities(floats, image)];
      apart.push(ours.reduce((sum, p, i) => sum + Math.abs(p - exact[i]!), 0));
    }
  }
  // Rounding alone changes a letter in up to six of the fifteen, which are apart by 1 to 4 then; the eight that differ
  // least are apart by 0.04 together. Sums that are cut off move these as well: by 1.5, on a processor without VNNI that
  // is not asked to keep them whole.
  const least = apart.toSorted((a, b) => a - b).slice(0, 8);
  expect(least.reduce((sum, one) => sum + one)).toBeLessThan(0.5);
  await Promise.all([integers.release(), floats.release()]);
});

test('a packed model says what it says unpacked', async () => {
  const packed = closerModel(textModel);
  const unpacked = join(mkdtempSync(join(tmpdir(), 'legible-model-')), 'closer.onnx');
  writeFileSync(unpacked, brotliDecompressSync(readFileSync(packed)));
  const image = readFileSync(new URL('../../examples/common.png', import.meta.url));
  const picture = await sharp(image).flatten().resize(144, 48, { fit: 'fill' }).raw().toBuffer();
  const [small, large] = [await openSession(packed), await openSession(unpacked)];
  expect(await probabilities(small, picture)).toEqual(await probabilities(large, picture));
  await Promise.all([small.release(), large.release()]);
});

test('sums are kept whole at a price where a processor has no VNNI, or does not say', () => {
  expect(cutsSumsOff('x64', 'flags : fpu avx2 avx512f avx512_bitalg')).toBe(true);
  expect(cutsSumsOff('x64', '')).toBe(true);
  expect(cutsSumsOff('x64', 'flags : fpu avx2 avx512f avx512_vnni avx512_bitalg')).toBe(false);
  expect(cutsSumsOff('x64', 'flags : fpu avx2 avx_vnni serialize')).toBe(false);
  expect(cutsSumsOff('arm64', '')).toBe(false);
});
