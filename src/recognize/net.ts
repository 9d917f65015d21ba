import './withoutTelemetry.ts';
import ort from 'onnxruntime-node';
import type { Bitmap } from './bmp.ts';
import { type ModelCard, readModelCard } from './modelCard.ts';

/** What the net says of one picture: `count` steps × `classes` log-probabilities. */
export interface Scores {
  logp: Float32Array;
  count: number;
  classes: number;
}

/** A loaded model, on one core. */
export interface Net {
  card: ModelCard;
  /** Blocks the thread while it runs. Pictures have one of the card's heights; those of one size run together. */
  score(pictures: readonly Bitmap[]): Promise<Scores[]>;
  release(): Promise<void>;
}

const sizeOf = ({ width, height }: Bitmap): string => `${width}x${height}`;

/** @throws Error when the model or its card is missing or broken */
export async function loadNet(model: string): Promise<Net> {
  const card = readModelCard(model);
  const session = await ort.InferenceSession.create(model, {
    intraOpNumThreads: 1,
    interOpNumThreads: 1,
    executionMode: 'sequential',
  });
  const input = session.inputNames[0]!;
  const output = session.outputNames[0]!;

  async function scoreOfOneSize(pictures: Bitmap[]): Promise<Scores[]> {
    const { width, height } = pictures[0]!;
    const bytes = Buffer.concat(pictures.map(({ rgb }) => rgb));
    const tensor = new ort.Tensor('uint8', bytes, [pictures.length, height, width, 3]);
    const result = (await session.run({ [input]: tensor }))[output]!;
    const [, count, classes] = result.dims as [number, number, number];
    const all = result.data as Float32Array;
    const size = count * classes;
    return pictures.map((_, i) => ({ logp: all.subarray(i * size, (i + 1) * size), count, classes }));
  }

  return {
    card,
    async score(pictures) {
      const scores = new Array<Scores>(pictures.length);
      for (const indices of Map.groupBy(pictures.keys(), (i) => sizeOf(pictures[i]!)).values()) {
        const group = await scoreOfOneSize(indices.map((i) => pictures[i]!));
        for (const [k, i] of indices.entries()) scores[i] = group[k]!;
      }
      return scores;
    },
    release: () => session.release(),
  };
}
