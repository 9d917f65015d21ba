import sharp from 'sharp';
import { withClearFrame, withClearing } from './bareGif.ts';
import { type Bitmap, decodeBmp } from './bmp.ts';
import { flatten } from './flatten.ts';
import { refuseManyScans } from './jpegScans.ts';
import type { Peeked } from './peek.ts';
import { decodePlainPng } from './plainPng.ts';
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

/** Pixels as they are stored: 1 to 4 channels (grey, grey + alpha, RGB, RGB + alpha). */
interface Layer {
  width: number;
  height: number;
  channels: number;
  pixels: Uint8Array;
}

/**
 * Pixels of each frame of an image that has been peeked at, what is transparent laid on each ground that may show
 * what is drawn: nearly always on one.
 * @throws Error, with a cause for the log only, when the decoder refuses it
 */
export async function decodeOnGrounds(bytes: Uint8Array, peeked: Peeked, most?: number): Promise<Bitmap[][]> {
  const layers = await decodeLayers(bytes, peeked, most);
  const pixels = layers.map((layer) => layer.pixels);
  return flatten(pixels, layers[0]?.channels ?? 3).map((frames) =>
    frames.map((rgb, i) => ({ width: layers[i]!.width, height: layers[i]!.height, rgb })),
  );
}

/** Likewise, on the likeliest ground. */
export async function decodeFrames(bytes: Uint8Array, peeked: Peeked, most?: number): Promise<Bitmap[]> {
  return (await decodeOnGrounds(bytes, peeked, most))[0]!;
}

/** Likewise, with what is transparent left as it is. */
export async function decodeLayers(
  bytes: Uint8Array,
  peeked: Peeked,
  most = Number.POSITIVE_INFINITY,
): Promise<Layer[]> {
  if (peeked.format === 'bmp') return [decodeBmp(bytes)];
  const plain = peeked.format === 'png' ? decodePlainPng(bytes, peeked) : undefined;
  if (plain !== undefined) return [plain];
  if (peeked.format === 'jpeg') refuseManyScans(bytes);
  const { input, frames } = forLibvips(bytes, peeked, most);
  const single = most === 1 || peeked.frames === 1;
  const { data, info } = await sharp(input, {
    pages: single ? 1 : -1,
    limitInputPixels: peeked.width * peeked.height * frames, // the header must not lie
    failOn: 'error',
    sequentialRead: true,
    ignoreIcc: true,
    // As browsers show it: none of them looks at the orientation of a WebP. libvips cannot turn frames.
    autoOrient: single && peeked.format !== 'webp',
  })
    .toColourspace('srgb')
    .raw({ depth: 'uchar' })
    .toBuffer({ resolveWithObject: true });

  const { width, channels } = info;
  const height = info.pageHeight ?? info.height;
  const frameBytes = width * height * channels;
  const layers: Layer[] = [];
  const wanted = Math.min(most, peeked.frames);
  for (let at = 0; at + frameBytes <= data.length && layers.length < wanted; at += frameBytes) {
    layers.push({ width, height, channels, pixels: data.subarray(at, at + frameBytes) });
  }
  return layers;
}

/** The file as libvips is to see it, and its frames then. */
function forLibvips(bytes: Uint8Array, { format, frames, bareUntil, cleared }: Peeked, most: number) {
  if (format === 'png') return { input: withoutAncillaryChunks(bytes), frames };
  // What is cleared away is seen from the second frame on.
  const input = cleared === undefined || most === 1 ? bytes : withClearing(bytes, cleared);
  if (bareUntil === undefined) return { input, frames };
  return { input: withClearFrame(input, bareUntil), frames: frames + 1 };
}
