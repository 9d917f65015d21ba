import { crop } from '../crop.ts';
import { borderPairs, insidePairs, likeness } from './likeness.ts';
import {
  type Corner,
  type Outlines,
  outlines,
  peaksOf,
  type Range,
  type Slopes,
  slopesOf,
} from './outline.ts';
import { cutPiece, type Piece, type Rim, rimOf } from './piece.ts';
import { type Pixels, shrink } from './pixels.ts';

/** Where the picture of a piece goes: its top left corner, in pixels of the background. */
export interface Spot {
  x: number;
  y: number;
  /** Probability, 0 to 1, that it is the right one among those that were considered. */
  confidence: number;
}

/** Longer sides are shrunk to this for the search; what is found is then made exact in full size. */
const LONGEST = 320;
/** Candidates are found at this share of it, where there are a quarter as many places. */
const COARSE = 0.5;
const CANDIDATES = 60;
/** Places of the rim that are enough to find candidates. */
const PLACES = 48;
/** A piece that is smaller than this, in pixels of the coarse picture, has no rim left there. */
const LEAST_COARSE = 14;

/** Finds the gap that a piece was cut from; undefined when there is no piece, or it does not fit in. */
export function findGap(picture: Pixels, background: Pixels): Spot | undefined {
  const scale = Math.min(1, LONGEST / Math.max(background.width, background.height));
  const rough = search(shrink(picture, scale), shrink(background, scale));
  if (!rough || scale === 1) return rough;
  const corner = sharpen({ x: rough.x / scale, y: rough.y / scale }, picture, background, 1.5 / scale);
  return corner && { ...corner, confidence: rough.confidence };
}

function search(picture: Pixels, background: Pixels): Spot | undefined {
  const piece = cutPiece(picture);
  if (!piece || !fits(piece, background)) return undefined;
  const rim = rimOf(piece);
  const slopes = slopesOf(background);
  const inside = insidePairs(piece);
  const border = borderPairs(piece, rim);
  const judged = candidates(picture, piece, background, slopes, rim)
    .map((range) => best(rim, slopes, range))
    .map(({ corner, outline, across }) => ({
      corner,
      score: byAll(
        outline,
        across,
        likeness(inside, background, corner),
        likeness(border, background, corner),
      ),
    }))
    .sort((a, b) => b.score - a.score);
  const [first] = judged;
  if (!first) return undefined;
  const belief = judged.reduce((sum, { score }) => sum + Math.exp(SHARPNESS * (score - first.score)), 0);
  return { ...toPicture(first.corner, piece), confidence: 1 / belief };
}

function fits(piece: Piece, background: Pixels): boolean {
  return piece.width < background.width && piece.height <= background.height;
}

/** Small ranges, one around each likely corner: found in a coarse picture where the piece is large enough for that. */
function candidates(picture: Pixels, piece: Piece, background: Pixels, slopes: Slopes, rim: Rim): Range[] {
  const range = rangeOf(picture, piece, background);
  const likely = (part: Rim, within: Slopes, all: Range) =>
    peaksOf(all, CANDIDATES, byOutline(outlines(part, within, all, Math.ceil(part.x.length / PLACES))));
  const isStrip = range.bottom - range.top < 4;
  if (isStrip || Math.min(piece.width, piece.height) * COARSE < LEAST_COARSE)
    return likely(rim, slopes, range).map((peak) => around(peak, 1, piece, background));
  const small = shrink(background, COARSE);
  const scaled = (values: Float32Array) => values.map((value) => (value + 0.5) * COARSE - 0.5);
  const coarse: Rim = { ...rim, x: scaled(rim.x), y: scaled(rim.y) };
  const all = {
    left: 0,
    right: small.width - Math.ceil(piece.width * COARSE),
    top: 0,
    bottom: small.height - Math.ceil(piece.height * COARSE),
  };
  return likely(coarse, slopesOf(small), all).map(({ x, y }) =>
    around({ x: x / COARSE, y: y / COARSE }, 2, piece, background),
  );
}

// Fitted (multinomial logistic regression over candidates, each family left out in turn) on nine families of
// puzzles drawn for it over photographs (gaps darkened, lightened, blurred and plain, with and without outline,
// noise and decoys) and two of a real generator; see models/vision.md.
const byOutline = ({ across, agreed }: Outlines) => across.map((value, i) => value + 0.47 * agreed[i]!);
const byAll = (outline: number, across: number, inside: number, border: number) =>
  outline + 0.26 * inside + (0.15 + 0.61 * across) * border;
const SHARPNESS = 16;

/** Corners to look at. A piece that comes in a strip as high as the background stays in its row. */
function rangeOf(picture: Pixels, piece: Piece, background: Pixels): Range {
  const all = {
    left: 0,
    right: background.width - piece.width,
    top: 0,
    bottom: background.height - piece.height,
  };
  const isStrip = Math.abs(picture.height - background.height) <= 2 && piece.height < 0.9 * picture.height;
  return isStrip
    ? { ...all, top: Math.max(0, piece.top - 1), bottom: Math.min(all.bottom, piece.top + 1) }
    : all;
}

function around({ x, y }: Corner, reach: number, piece: Piece, background: Pixels): Range {
  const within = (value: number, most: number) => Math.min(Math.max(Math.round(value), 0), most);
  const right = background.width - piece.width;
  const bottom = background.height - piece.height;
  return {
    left: within(x - reach, right),
    right: within(x + reach, right),
    top: within(y - reach, bottom),
    bottom: within(y + reach, bottom),
  };
}

/** Places that make a corner exact: more only take time. */
const EXACT_PLACES = 1_000;

/** The corner of a range with the best outline. */
function best(rim: Rim, slopes: Slopes, range: Range): { corner: Corner; outline: number; across: number } {
  const all = outlines(rim, slopes, range, Math.ceil(rim.x.length / EXACT_PLACES));
  const scores = byOutline(all);
  const at = scores.indexOf(Math.max(...scores));
  const columns = range.right - range.left + 1;
  const corner = { x: range.left + (at % columns), y: range.top + Math.floor(at / columns) };
  return { corner, outline: scores[at]!, across: all.across[at]! };
}

/** Pixels around what is looked at in full size. */
const ROOM = 4;

function sharpen(rough: Corner, picture: Pixels, background: Pixels, reach: number): Corner | undefined {
  const piece = cutPiece(picture);
  // Shrunk, it may have fitted in by half a pixel.
  if (!piece || !fits(piece, background)) return undefined;
  const range = around({ x: rough.x + piece.left, y: rough.y + piece.top }, reach, piece, background);
  // With room for the rim, and for the slopes' own edge.
  const left = Math.max(0, range.left - ROOM);
  const top = Math.max(0, range.top - ROOM);
  const right = Math.min(background.width, range.right + piece.width + ROOM);
  const bottom = Math.min(background.height, range.bottom + piece.height + ROOM);
  const near = crop(background, { left, top, right, bottom });
  const moved = {
    left: range.left - left,
    right: range.right - left,
    top: range.top - top,
    bottom: range.bottom - top,
  };
  const { corner } = best(rimOf(piece), slopesOf(near), moved);
  return toPicture({ x: corner.x + left, y: corner.y + top }, piece);
}

function toPicture({ x, y }: Corner, { left, top }: Piece): Corner {
  return { x: x - left, y: y - top };
}
