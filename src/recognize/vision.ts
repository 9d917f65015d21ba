import { LoadedOnce } from '../loadedOnce.ts';
import type { Bitmap } from './bmp.ts';
import { type ClassNet, loadClassNet } from './classes/net.ts';
import { decodeFrames } from './decode.ts';
import { peekImage } from './peek.ts';
import type { LetterNet } from './puzzles/asLetters.ts';
import { findClicks } from './puzzles/click.ts';
import { type ClickNets, loadClickNets } from './puzzles/clickNets.ts';
import { openPixels } from './puzzles/pixels.ts';
import { findInnerTurn, findTurn } from './puzzles/rotate.ts';
import { findGap } from './puzzles/slide.ts';
import { decoded, failure } from './undecodable.ts';
import type { Found, Item, Outcome } from './work.ts';

/** Does all work that is not reading: classes and puzzles. Its models are loaded when first needed: most servers need few of them. */
export class Vision {
  readonly #classes: LoadedOnce<ClassNet>;
  readonly #clicks: LoadedOnce<ClickNets>;

  readonly #text: LetterNet;

  constructor(text: LetterNet, { loadClasses = loadClassNet, loadClicks = loadClickNets } = {}) {
    this.#text = text;
    this.#classes = new LoadedOnce(loadClasses);
    this.#clicks = new LoadedOnce(loadClicks);
  }

  /** Works on items one after another; an outcome is handed over as soon as it stands. */
  async look(items: readonly Item[], done: (index: number, outcome: Outcome) => void): Promise<void> {
    for (const [index, item] of items.entries()) done(index, await this.#outcomeOf(item));
  }

  async release(): Promise<void> {
    await this.#classes.release();
    await this.#clicks.release();
  }

  async #outcomeOf(item: Item): Promise<Outcome> {
    const begun = performance.now();
    try {
      const found = await this.#find(item);
      return { found, ms: performance.now() - begun };
    } catch (error) {
      return failure(error);
    }
  }

  async #find({ work: { kind }, images }: Item): Promise<Found> {
    if (kind === 'classes') {
      const [picture] = await open(images, openFirstFrame);
      return { kind, probabilities: await (await this.#classes.get()).classify(picture!) };
    }
    if (kind === 'clicks') {
      const [picture, prompt] = await open(images, openFirstFrame);
      return { kind, clicks: await findClicks(await this.#clicks.get(), this.#text, picture!, prompt!) };
    }
    if (kind === 'gap') {
      const [[piece], [background]] = await Promise.all([
        open(images.slice(0, 1), openPixels),
        // A hole may be one by its transparency alone, and then shows the page.
        open(images.slice(1), openFirstFrame),
      ]);
      return { kind, spot: findGap(piece!, { ...background!, alpha: undefined }) };
    }
    const [part, whole] = await open(images, openPixels);
    if (kind === 'turn') return { kind, turn: whole ? findTurn(part!, whole) : findInnerTurn(part!) };
    throw new Error(`no work for the nets of vision: ${kind}`);
  }
}

function open<Picture>(
  images: readonly Uint8Array[],
  decode: (image: Uint8Array) => Promise<Picture>,
): Promise<Picture[]> {
  return decoded(() => Promise.all(images.map(decode)));
}

async function openFirstFrame(image: Uint8Array): Promise<Bitmap> {
  const peeked = peekImage(image);
  if (!peeked) throw new Error('no image');
  const [first] = await decodeFrames(image, peeked, 1);
  if (!first) throw new Error('no frame');
  return first;
}
