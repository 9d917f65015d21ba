import type { z } from 'zod';
import { systemClock } from '../clock.ts';
import { imageParser } from '../recognize/imageParser.ts';
import { textModel } from '../recognize/modelFiles.ts';
import { RecognizerPool } from '../recognize/pool.ts';
import { imageToText } from '../tasks/imageToText.ts';
import type { Solution } from '../tasks/task.ts';
import { visionEngine } from '../tasks/visionEngine.ts';
import { readFields } from '../tasks/wording.ts';

/** Fields of an ImageToTextTask besides its image. */
export type TaskFields = Record<string, unknown>;

/** Solves image tasks in this process, without a server, in the same way as one. */
export interface LocalReader {
  /** @throws Fault as createTask answers it; Error naming the field when a field is wrong */
  solve(image: Uint8Array, fields?: TaskFields): Promise<Solution>;
  /** Solves a visual puzzle; throws likewise. */
  see(task: VisionTask): Promise<Solution>;
  stop(): Promise<void>;
}

/** A VisionEngine task, with the images as bytes. */
export interface VisionTask {
  module: string;
  image: Uint8Array;
  imageBackground?: Uint8Array;
  imagePrompt?: Uint8Array;
}

/** How many images are given to the threads at once: enough for full batches, few enough to stay small. */
export const imagesAtOnce = (threads: number): number => 16 * threads;

/** What these may hold together: sixteen of the largest for each thread would be gigabytes. */
export const bytesAtOnce = 256 * 2 ** 20;

/** Bytes of an image: more than a server would take. */
export const mostBytes = 64 * 1024 * 1024;

/** What the fields of a task are checked with. */
function localTasks() {
  const parse = imageParser({ maxImageBytes: mostBytes, maxImagePixels: 40_000_000, strict: true });
  const settings = { parseImage: (text: string) => parse(text, 'the file'), strict: true };
  return { texts: imageToText(settings), puzzles: visionEngine(settings) };
}

/** `field: what is wrong with it`, found without an image and without a model; undefined where nothing is. */
export function problemOf(fields: TaskFields): string | undefined {
  const read = readFields(localTasks().texts.input, { ...fields, body: base64(new Uint8Array(1)) });
  return 'problem' in read ? read.problem : undefined;
}

/** Starts `threads` recognition threads. */
export async function startLocalReader({
  threads,
  model = textModel,
}: {
  threads: number;
  model?: string;
}): Promise<LocalReader> {
  const { texts, puzzles } = localTasks();
  // Nobody else is kept out: what there is at once is said above.
  const queue = { queueLimit: 4 * imagesAtOnce(threads), queueBytes: Number.POSITIVE_INFINITY };
  const pool = await RecognizerPool.start({ threads, ...queue, clock: systemClock, model });
  const { signal } = new AbortController();
  const context = () => ({
    engines: { text: pool, puzzles: pool },
    // Nobody waits, and a machine may sleep meanwhile.
    deadline: Number.POSITIVE_INFINITY,
    signal,
  });
  return {
    solve: async (image, fields = {}) =>
      texts.solve(parsed(texts, { ...fields, body: base64(image) }), context()),
    async see({ module, ...images }) {
      const fields = Object.entries(images).map(([name, image]) => [name, base64(image)]);
      return puzzles.solve(parsed(puzzles, { module, ...Object.fromEntries(fields) }), context());
    },
    stop: () => pool.stop(),
  };
}

/** @throws Error naming the field that is wrong */
function parsed<Input>({ input }: { input: z.ZodType<Input> }, fields: TaskFields): Input {
  const read = readFields(input, fields);
  if ('problem' in read) throw new Error(read.problem);
  return read.data;
}

function base64(image: Uint8Array): string {
  return Buffer.from(image.buffer, image.byteOffset, image.byteLength).toString('base64');
}
