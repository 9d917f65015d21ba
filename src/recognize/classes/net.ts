import '../withoutTelemetry.ts';
import ort from 'onnxruntime-node';
import type { Bitmap } from '../bmp.ts';
import { crop } from '../crop.ts';
import { classModel } from '../modelFiles.ts';
import { resize } from '../resize.ts';
import { openSession } from '../session.ts';

/** The net of classes, on one core. */
export interface ClassNet {
  /** Probability of each class. */
  classify(picture: Bitmap): Promise<Float32Array>;
  release(): Promise<void>;
}

/** The net was made to see the middle of a picture: 224 of 256 of its shorter side. */
const SEEN = 224 / 256;

/** @throws UserError when the model is missing or broken */
export async function loadClassNet(): Promise<ClassNet> {
  const session = await openSession(classModel);
  const side = sideOf(session);
  if (side === undefined) {
    await session.release();
    throw new Error(`${classModel} does not say the size of its pictures`);
  }
  return {
    async classify(picture) {
      const { rgb } = resize(middle(picture), side, side);
      const { p } = await session.run({ image: new ort.Tensor('uint8', rgb, [1, side, side, 3]) });
      return p!.data as Float32Array;
    },
    release: () => session.release(),
  };
}

/** Of the square that the net sees: (n, side, side, 3). */
function sideOf({ inputMetadata: [input] }: ort.InferenceSession): number | undefined {
  const side = input?.isTensor ? input.shape[1] : undefined;
  return typeof side === 'number' ? side : undefined;
}

/** A square from the middle. */
function middle(picture: Bitmap): Bitmap {
  const side = Math.max(1, Math.round(Math.min(picture.width, picture.height) * SEEN));
  const left = (picture.width - side) >> 1;
  const top = (picture.height - side) >> 1;
  return crop(picture, { left, top, right: left + side, bottom: top + side });
}
