import { z } from 'zod';
import { Fault } from '../fault.ts';
import { UNREADABLE } from '../reading.ts';

export interface ImageSettings {
  /**
   * The bytes of an image given as base64, once its header has been looked at.
   * @throws Fault ERROR_PARSE_IMAGE_FAIL, ERROR_INVALID_IMAGE, naming the field
   */
  parseImage(text: string, field: string): Uint8Array;
}

/** An image of a task: parsed when first asked for, and then kept, since parsing 4 MiB twice would show. */
export type Image = () => Uint8Array;

/** Makes the images of a task out of its fields. */
export function imageOf({ parseImage }: ImageSettings, text: string, field: string): Image {
  let image: string | Uint8Array = text;
  return () => {
    // The text gives way to it, and does not wait for the end of the task as well.
    if (typeof image === 'string') image = parseImage(image, `task.${field}`);
    return image;
  };
}

/** Lets a fault of work on an image name its `fields`, where the decoder refuses what the header has promised. */
export async function namingFields<T>(fields: string, work: Promise<T>): Promise<T> {
  try {
    return await work;
  } catch (error) {
    const isRefused = error instanceof Fault && error.code === 'ERROR_PARSE_IMAGE_FAIL';
    if (!isRefused || error.detail !== undefined) throw error;
    throw new Fault(error.code, { detail: `${fields}: ${UNREADABLE}`, cause: error.cause });
  }
}

/** More than this in one task is for a second task. */
const mostImages = 9;

/** A field that must be a text where it is given. */
export const text = z.string();

/** A field that holds an image. */
export const encoded = text.describe('an image in base64: PNG, JPEG, GIF, WebP or BMP');

/** `images`, 1 to 9 of them. */
export const imageList = z.array(encoded).min(1).max(mostImages, `more than ${mostImages}`);
