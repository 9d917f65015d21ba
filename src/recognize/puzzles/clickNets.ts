import '../withoutTelemetry.ts';
import ort from 'onnxruntime-node';
import type { Bitmap } from '../bmp.ts';
import { clickFinder, clickMatcher } from '../modelFiles.ts';
import { openSession } from '../session.ts';
import { type Crops, cutOut, type Mark } from './mark.ts';

/** Both nets of click puzzles, on one core. */
export interface ClickNets {
  /** Marks of a picture whose sides are multiples of 16, surest first. */
  find(picture: Bitmap): Promise<Mark[]>;
  /**
   * How alike marks that are asked for are to those that are seen, as logits: for each of the first, in each of some
   * turns, a value for each of the second.
   */
  compare(asked: Crops, seen: Crops): Promise<Float32Array[][]>;
  release(): Promise<void>;
}

/** Side of what the matcher sees, and how much of a mark's surroundings is in it. */
const SIDE = 40;
const MARGIN = 1.3;
const STRIDE = 4;
const LEAST_SURENESS = 0.06;
/** Marks of a prompt are also asked turned by 30 degrees either way: 4 to 8 points more of all puzzles right. */
const TURNS = [-Math.PI / 6, 0, Math.PI / 6];

/** @throws UserError when a model is missing or broken */
export async function loadClickNets(): Promise<ClickNets> {
  const finder = await openSession(clickFinder);
  const matcher = await openSession(clickMatcher).catch(async (error) => {
    await finder.release();
    throw error;
  });

  return {
    async find({ width, height, rgb }) {
      const image = new ort.Tensor('uint8', rgb, [1, height, width, 3]);
      const { centre, side } = await finder.run({ image });
      return peaks(centre!.data as Float32Array, side!.data as Float32Array, width / STRIDE, height / STRIDE);
    },

    async compare(asked, seen) {
      const columns = seen.marks.length;
      const { alike } = await matcher.run({ asked: cutsOf(asked, TURNS), seen: cutsOf(seen, [0]) });
      const data = alike!.data as Float32Array;
      const rows = Array.from({ length: asked.marks.length * TURNS.length }, (_, row) =>
        data.subarray(row * columns, (row + 1) * columns),
      );
      return asked.marks.map((_, i) => rows.slice(i * TURNS.length, (i + 1) * TURNS.length));
    },

    async release() {
      await finder.release();
      await matcher.release();
    },
  };
}

/** Marks as the matcher sees them, each in all `turns`. */
function cutsOf({ picture, marks }: Crops, turns: readonly number[]): ort.Tensor {
  const size = SIDE * SIDE * 3;
  const count = marks.length * turns.length;
  const crops = new Float32Array(count * size);
  for (const [i, mark] of marks.entries())
    for (const [k, turn] of turns.entries()) {
      const cut = { width: SIDE, height: SIDE, margin: MARGIN, turn };
      cutOut(picture, mark, cut, crops, (i * turns.length + k) * size);
    }
  return new ort.Tensor('float32', crops, [count, SIDE, SIDE, 3]);
}

/** Local maxima of the centre map; of two that lie in each other the surer one. */
function peaks(centre: Float32Array, side: Float32Array, width: number, height: number): Mark[] {
  const at = (x: number, y: number) =>
    x < 0 || y < 0 || x >= width || y >= height ? 0 : centre[y * width + x]!;
  const found: Mark[] = [];
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const sureness = at(x, y);
      if (sureness < LEAST_SURENESS) continue;
      let [sum, sumX, sumY, highest] = [0, 0, 0, true];
      for (let v = y - 1; v <= y + 1; v++) {
        for (let u = x - 1; u <= x + 1; u++) {
          const near = at(u, v);
          if (near > sureness) highest = false;
          sum += near;
          sumX += near * u;
          sumY += near * v;
        }
      }
      if (!highest) continue;
      const mark = { x: (sumX / sum + 0.5) * STRIDE, y: (sumY / sum + 0.5) * STRIDE };
      found.push({ ...mark, side: side[y * width + x]!, sureness });
    }
  }
  const kept: Mark[] = [];
  for (const mark of found.sort((a, b) => b.sureness - a.sureness)) {
    const within = (other: Mark) =>
      Math.hypot(other.x - mark.x, other.y - mark.y) < 0.45 * Math.max(other.side, mark.side);
    if (!kept.some(within)) kept.push(mark);
  }
  return kept;
}
