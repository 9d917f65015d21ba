import '../withoutTelemetry.ts';
import ort from 'onnxruntime-node';
import type { Bitmap } from '../bmp.ts';
import { crop } from '../crop.ts';
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
function middle(picture: Bitmap): Bitmap {
  const side = Math.max(1, Math.round(Math.min(picture.width, picture.height) * SEEN));
  const left = (picture.width - side) >> 1;
  const top = (picture.height - side) >> 1;
  return crop(picture, { left, top, right: left + side, bottom: top + side });
}
