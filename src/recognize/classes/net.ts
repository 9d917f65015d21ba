import '../withoutTelemetry.ts';
import ort from 'onnxruntime-node';
import type { Bitmap } from '../bmp.ts';
import { resize } from '../resize.ts';
import { openSession } from '../session.ts';
import { classModel, readClassCard } from './card.ts';

/** The net of classes, on one core. */
export interface ClassNet {
  /** Probability of each class. */
  classify(picture: Bitmap): Promise<Float32Array>;
  release(): Promise<void>;
}

/** The net was made to see the middle of a picture: 224 of 256 of its shorter side. */
const SEEN = 224 / 256;

/** @throws Error when the model or its card is missing or broken */
export async function loadClassNet(): Promise<ClassNet> {
  const { side } = readClassCard();
  const session = await openSession(classModel);
  return {
    async classify(picture) {
      const { rgb } = resize(middle(picture), side, side);
      const { p } = await session.run({ image: new ort.Tensor('uint8', rgb, [1, side, side, 3]) });
      return p!.data as Float32Array;
    },
    release: () => session.release(),
  };
}

/** A square from the middle. */
function middle({ width, height, rgb }: Bitmap): Bitmap {
  const side = Math.max(1, Math.round(Math.min(width, height) * SEEN));
  const left = (width - side) >> 1;
  const top = (height - side) >> 1;
  const cut = new Uint8Array(side * side * 3);
  for (let y = 0; y < side; y++) {
    const from = ((y + top) * width + left) * 3;
    cut.set(rgb.subarray(from, from + side * 3), y * side * 3);
  }
  return { width: side, height: side, rgb: cut };
}
