import type { Pixels } from './pixels.ts';

/** A piece cut free of its surroundings. */
export interface Piece extends Pixels {
  /** Of the cut inside the picture of the piece. */
  left: number;
  top: number;
  /** 1 where the piece is. */
  mask: Uint8Array;
}

/** What is less opaque is a shadow around the piece: at 30 a third of go-captcha's gaps are missed, at 64 to 200 none. */
const OF_PIECE = 100;
/** Colours nearer than this to the ground of an opaque picture count as ground. */
const GROUND = 24;

/** Finds the piece in its picture: by transparency, or against an even ground, or else the whole picture. */
export function cutPiece(picture: Pixels): Piece | undefined {
  const { width, height } = picture;
  const whole = picture.alpha?.map((value) => (value > OF_PIECE ? 1 : 0)) ?? offGround(picture);
  let [left, top, right, bottom] = [width, height, -1, -1];
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      if (!whole[y * width + x]) continue;
      left = Math.min(left, x);
      right = Math.max(right, x);
      top = Math.min(top, y);
      bottom = y;
    }
  }
  const cut = { width: right - left + 1, height: bottom - top + 1 };
  if (cut.width < 8 || cut.height < 8) return undefined;
  const mask = new Uint8Array(cut.width * cut.height);
  const rgb = new Uint8Array(mask.length * 3);
  for (let y = 0; y < cut.height; y++) {
    const from = (y + top) * width + left;
    mask.set(whole.subarray(from, from + cut.width), y * cut.width);
    rgb.set(picture.rgb.subarray(from * 3, (from + cut.width) * 3), y * cut.width * 3);
  }
  return { ...cut, left, top, rgb, mask, alpha: undefined };
}

/** Where an opaque picture differs from an even ground that reaches all four corners; everywhere without one. */
function offGround({ width, height, rgb }: Pixels): Uint8Array {
  const mask = new Uint8Array(width * height).fill(1);
  const corners = [0, width - 1, (height - 1) * width, height * width - 1];
  const far = (a: number, b: number) =>
    Math.max(
      Math.abs(rgb[a * 3]! - rgb[b * 3]!),
      Math.abs(rgb[a * 3 + 1]! - rgb[b * 3 + 1]!),
      Math.abs(rgb[a * 3 + 2]! - rgb[b * 3 + 2]!),
    ) > GROUND;
  if (corners.some((at) => far(at, 0))) return mask;
  const reached = [...corners];
  while (reached.length > 0) {
    const at = reached.pop()!;
    if (!mask[at] || far(at, 0)) continue;
    mask[at] = 0;
    const x = at % width;
    if (x > 0) reached.push(at - 1);
    if (x < width - 1) reached.push(at + 1);
    if (at >= width) reached.push(at - width);
    if (at + width < mask.length) reached.push(at + width);
  }
  const left = mask.reduce((sum, value) => sum + value, 0);
  // A piece whose own edge is as even as a ground would be eaten up: then the picture is the piece.
  return left < mask.length * 0.15 ? new Uint8Array(width * height).fill(1) : mask;
}

/** Distance to the nearest pixel outside (beyond the edge of the picture is outside), in pixels, city-block. */
export function depths({ width, height, mask }: Pick<Piece, 'width' | 'height' | 'mask'>): Uint16Array {
  const depth = new Uint16Array(mask.length);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const at = y * width + x;
      if (mask[at]) depth[at] = 1 + Math.min(x ? depth[at - 1]! : 0, y ? depth[at - width]! : 0);
    }
  }
  for (let y = height - 1; y >= 0; y--) {
    for (let x = width - 1; x >= 0; x--) {
      const at = y * width + x;
      const beyond = Math.min(x < width - 1 ? depth[at + 1]! : 0, y < height - 1 ? depth[at + width]! : 0);
      if (mask[at]) depth[at] = Math.min(depth[at]!, beyond + 1);
    }
  }
  return depth;
}

/** The rim of a piece: places along it, and the direction outwards. */
export interface Rim {
  x: Float32Array;
  y: Float32Array;
  outX: Float32Array;
  outY: Float32Array;
}

/** A sound outline of the largest picture has fewer; torn to dust, a piece could have millions. */
const MOST_PLACES = 20_000;

/** Places between inside and outside, about a pixel apart, directions smoothed over a few pixels. */
export function rimOf({ width, height, mask }: Piece): Rim {
  const inside = (x: number, y: number) => x >= 0 && y >= 0 && x < width && y < height && mask[y * width + x];
  const found: [number, number, number, number][] = [];
  for (let y = 0; y < height && found.length < MOST_PLACES; y++) {
    for (let x = 0; x < width; x++) {
      if (!inside(x, y)) continue;
      if (inside(x - 1, y) && inside(x + 1, y) && inside(x, y - 1) && inside(x, y + 1)) continue;
      let dx = 0;
      let dy = 0;
      for (let v = -3; v <= 3; v++) {
        for (let u = -3; u <= 3; u++) {
          if (inside(x + u, y + v)) continue;
          const weight = 1 / (1 + u * u + v * v);
          dx += u * weight;
          dy += v * weight;
        }
      }
      const length = Math.hypot(dx, dy);
      if (length > 0.2)
        found.push([x + (0.5 * dx) / length, y + (0.5 * dy) / length, dx / length, dy / length]);
    }
  }
  const column = (i: number) => Float32Array.from(found, (place) => place[i]!);
  return { x: column(0), y: column(1), outX: column(2), outY: column(3) };
}
