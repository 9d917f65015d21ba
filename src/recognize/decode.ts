import sharp from 'sharp';
import { type Bitmap, decodeBmp } from './bmp.ts';
import { flatten } from './flatten.ts';
import type { Peeked } from './peek.ts';
import { withoutAncillaryChunks } from './pngChunks.ts';

// libvips would open SVG, PDF, TIFF and more, some of which read files or the network.
sharp.block({ operation: ['VipsForeignLoad'] });
sharp.unblock({
  operation: [
    'VipsForeignLoadPngBuffer',
    'VipsForeignLoadJpegBuffer',
    'VipsForeignLoadNsgifBuffer',
    'VipsForeignLoadWebpBuffer',
  ],
});
// The pool has a thread for each core already.
sharp.concurrency(1);
sharp.cache(false);

/**
 * Pixels of each frame of an image that has been peeked at, what is transparent laid on a background that shows
 * what is drawn.
 * @throws Error, with a cause for the log only, when the decoder refuses it
 */
export async function decodeFrames(bytes: Uint8Array, peeked: Peeked): Promise<Bitmap[]> {
  if (peeked.format === 'bmp') return [decodeBmp(bytes)];
  const input = peeked.format === 'png' ? withoutAncillaryChunks(bytes) : bytes;
  const { data, info } = await sharp(input, {
    pages: peeked.format === 'png' || peeked.format === 'jpeg' ? 1 : -1,
    limitInputPixels: peeked.width * peeked.height * peeked.frames, // the header must not lie
    failOn: 'error',
    sequentialRead: true,
    ignoreIcc: true,
  })
    .toColourspace('srgb')
    .raw({ depth: 'uchar' })
    .toBuffer({ resolveWithObject: true });

  const height = info.pageHeight ?? info.height;
  const frameBytes = info.width * height * info.channels;
  const frames: Bitmap[] = [];
  for (let at = 0; at + frameBytes <= data.length; at += frameBytes) {
    const pixels = data.subarray(at, at + frameBytes);
    frames.push({ width: info.width, height, rgb: flatten(pixels, info.channels) });
  }
  return frames;
}
