import './withoutTelemetry.ts';
import ort from 'onnxruntime-node';
import type { Bitmap } from './bmp.ts';
import type { ModelCard } from './modelCard.ts';
import { closerModel } from './modelFiles.ts';
import { openSession } from './session.ts';

/** What the net says of one picture: `count` steps × `classes` log-probabilities. */
export interface Scores {
  logp: Float32Array;
  count: number;
  classes: number;
}

/** A loaded model, on one core. Pictures have one of its card's heights; those of one size run together. */
export interface Net {
  card: ModelCard;
  /** Blocks the thread while it runs. */
  score(pictures: readonly Bitmap[]): Promise<Scores[]>;
  /** The same by a net that takes longer and is right more often, for what the first is unsure of. */
  scoreCloser(pictures: readonly Bitmap[]): Promise<Scores[]>;
  release(): Promise<void>;
}

const sizeOf = ({ width, height }: Bitmap): string => `${width}x${height}`;

/** @throws UserError when the model is missing or broken */
export async function loadNet(model: string, card: ModelCard): Promise<Net> {
  const session = await openSession(model);
  const closer = await openSession(closerModel(model)).catch(async (error) => {
    await session.release();
    throw error;
  });
  return {
    card,
    score: (pictures) => score(session, pictures),
    scoreCloser: (pictures) => score(closer, pictures),
    async release() {
      await Promise.all([session.release(), closer.release()]);
    },
  };
}

async function score(session: ort.InferenceSession, pictures: readonly Bitmap[]): Promise<Scores[]> {
  const scores = new Array<Scores>(pictures.length);
  for (const indices of Map.groupBy(pictures.keys(), (i) => sizeOf(pictures[i]!)).values()) {
    const group = await scoreOfOneSize(
      session,
      indices.map((i) => pictures[i]!),
    );
    for (const [k, i] of indices.entries()) scores[i] = group[k]!;
  }
  return scores;
}

async function scoreOfOneSize(session: ort.InferenceSession, pictures: readonly Bitmap[]): Promise<Scores[]> {
  const { width, height } = pictures[0]!;
  const bytes = Buffer.concat(pictures.map(({ rgb }) => rgb));
  const { logp } = await session.run({
    image: new ort.Tensor('uint8', bytes, [pictures.length, height, width, 3]),
  });
  const [, count, classes] = logp!.dims as [number, number, number];
  const all = logp!.data as Float32Array;
  const size = count * classes;
  return pictures.map((_, i) => ({ logp: all.subarray(i * size, (i + 1) * size), count, classes }));
}
