import { z } from 'zod';
import { Fault } from '../fault.ts';
import { lowerCase } from '../lowerCase.ts';
import { encoded, type Image, type ImageSettings, imageOf, namingFields, text } from './images.ts';
import { proxyFields, refuseMalformedProxy } from './proxy.ts';
import { LEAST_CONFIDENCE, type Solution, type SolveContext, type TaskType } from './task.ts';
import { withoutUnset } from './unset.ts';
import { fieldRefuser, missing } from './wording.ts';

type Needs = 'text' | 'puzzles';

/** One module: which second image it takes, how it is solved, and what that gives. */
interface Module<Answer extends Solution = Solution> {
  second?: 'imageBackground' | 'imagePrompt';
  /** Whether it can do without. */
  alone?: true;
  solution: z.ZodType<Answer>;
  sample: Answer;
  solve(images: readonly Uint8Array[], context: SolveContext<Needs>): Promise<Answer>;
}

interface VisionEngine {
  module: string;
  images: Image[];
}

/**
 * Below these no answer is given, and none charged: a wrong one costs the client a try at the site. Right answers are
 * nearly always surer.
 */
const LEAST = { gap: 0.2, turn: 0.15, clicks: 0.03 };

const point = z.tuple([z.int(), z.int()]).describe('x, y in pixels');

const gap = module({
  second: 'imageBackground',
  solution: z.object({ box: point.describe("where the top left corner of the piece's image goes") }),
  sample: { box: [213, 41] },
  async solve([piece, background], { engines, ...patience }) {
    const spot = sure(await engines.puzzles.findGap(piece!, background!, patience), LEAST.gap);
    return { box: [Math.round(spot.x), Math.round(spot.y)] };
  },
});

const turn = module({
  second: 'imageBackground',
  alone: true,
  solution: z.object({
    angle: z.int().min(0).max(359).describe('degrees by which the disc is turned clockwise'),
  }),
  sample: { angle: 137 },
  async solve([disc, around], { engines, ...patience }) {
    const { angle } = sure(await engines.puzzles.findTurn(disc!, around, patience), LEAST.turn);
    return { angle: Math.round(angle) % 360 };
  },
});

const modules: Record<string, Module> = {
  slider_1: module({
    second: 'imageBackground',
    solution: z.object({ distance: z.int().describe("pixels to the left edge of the piece's image") }),
    sample: { distance: 213 },
    async solve(images, context) {
      const { box } = await gap.solve(images, context);
      return { distance: box[0] };
    },
  }),
  space_detection: gap,
  rotate_1: turn,
  rotate_2: turn,
  click_order: module({
    second: 'imagePrompt',
    solution: z.object({ points: z.array(point).describe('where to click, in the order of the prompt') }),
    sample: {
      points: [
        [60, 50],
        [215, 120],
      ],
    },
    async solve([picture, prompt], { engines, ...patience }) {
      const { points } = sure(await engines.puzzles.findClicks(picture!, prompt!, patience), LEAST.clicks);
      return { points: points.map(({ x, y }) => [Math.round(x), Math.round(y)]) };
    },
  }),
  ocr_gif: module({
    solution: z.object({ text: z.string() }),
    sample: { text: '44795' },
    async solve([image], { engines, ...patience }) {
      const reading = await engines.text.read(image!, patience);
      if (reading.text === '' || reading.confidence < LEAST_CONFIDENCE)
        throw new Fault('ERROR_CAPTCHA_UNSOLVABLE');
      return { text: reading.text };
    },
  }),
};

/** `VisionEngine`: positions and angles that visual puzzles ask for. */
export function visionEngine(settings: ImageSettings): TaskType<VisionEngine, Needs> {
  const fields = z.object({
    module: text
      .transform((name, context): string => {
        const known = lowerCase(name.trim());
        if (Object.hasOwn(modules, known)) return known;
        context.addIssue({ code: 'custom', message: `is not one of ${Object.keys(modules).join(', ')}` });
        return z.NEVER;
      })
      .meta({ enum: Object.keys(modules) }),
    image: encoded,
    imageBackground: encoded.optional().describe(`second image of ${modulesWith('imageBackground')}`),
    imagePrompt: encoded.optional().describe(`second image of ${modulesWith('imagePrompt')}`),
    ...proxyFields,
  });
  return {
    type: 'VisionEngine',
    summary: 'Positions and angles that visual puzzles ask for.',
    solutions: Object.fromEntries(Object.entries(modules).map(([name, { solution }]) => [name, solution])),
    timing: 'now',
    input: z.preprocess(withoutUnset, fields).transform((task, context): VisionEngine => {
      const refuse = fieldRefuser(context);
      refuseMalformedProxy(task, refuse);
      const images = [imageOf(settings, task.image, 'image')];
      const { second, alone } = modules[task.module]!;
      const given = second && task[second];
      if (second && given !== undefined) images.push(imageOf(settings, given, second));
      else if (second && !alone) return refuse(second, missing);
      return { module: task.module, images };
    }),
    module: ({ module }) => module,
    sample: ({ module }) => modules[module]!.sample,
    check({ images }) {
      for (const image of images) image();
    },
    solve({ module, images }, context) {
      const { second, solve } = modules[module]!;
      const fields = images.length > 1 ? `task.image or task.${second}` : 'task.image';
      return namingFields(
        fields,
        solve(
          images.map((image) => image()),
          context,
        ),
      );
    },
  };
}

/** Holds a module to giving what it says it gives. */
function module<Answer extends Solution>(given: Module<Answer>): Module<Answer> {
  return given;
}

function modulesWith(second: Module['second']): string {
  return Object.keys(modules)
    .filter((name) => modules[name]!.second === second)
    .join(', ');
}

function sure<Answer extends { confidence: number }>(answer: Answer | undefined, least: number): Answer {
  if (answer === undefined || answer.confidence < least) throw new Fault('ERROR_CAPTCHA_UNSOLVABLE');
  return answer;
}
