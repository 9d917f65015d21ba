/**
 * npm run calibrate -- [--limit N] [--model FILE] DIR…
 *
 * Fits the lines that turn the net's own probabilities into how often it is right, over families of labelled
 * images (training makes synthetic ones; the corpora that accuracy is measured on are not for fitting), and
 * writes them into the card beside the model.
 */
import { writeFileSync } from 'node:fs';
import { type Line, logOdds } from '../recognize/calibration.ts';
import { calibrationSchema, readModelCard } from '../recognize/modelCard.ts';
import { cardPath, textModel } from '../recognize/modelFiles.ts';
import { loadNet } from '../recognize/net.ts';
import { readImage } from '../recognize/reader.ts';
import { findFamilies } from './families.ts';
import { isNoImage, openImage, saidOf } from './givenUp.ts';
import { limitOf } from './limit.ts';
import {
  argumentsOf,
  orRefuse,
  proveWritable,
  refuse,
  refuseModel,
  tellLeftOut,
  tellNotes,
} from './refusals.ts';
import { isRight } from './score.ts';

/** One reading: what the net said of it, and whether it was right. */
interface Sample {
  logOdds: number;
  right: boolean;
}

/** The card is not touched for fewer: what they tell is chance. */
const LEAST_SAMPLES = 200;

const untouched: Line = { slope: 1, offset: 0 };

/**
 * Real captchas mislead the net in ways that synthetic ones do not: what is fitted is flattened and moved by so much, chosen
 * on the development corpora, so that 98 % of what is answered at a score of 0.9 is right.
 */
const onReal = { oneLook: { flatter: 0.86, moved: -0.18 }, moreLooks: { flatter: 0.8, moved: 0.25 } };

const usage = 'usage: npm run calibrate -- [--limit N] [--model FILE] DIR…';

const { values, positionals } = argumentsOf(usage, {
  model: { type: 'string' },
  limit: { type: 'string' },
});
const { model = textModel } = values;

const found = orRefuse(() => findFamilies(positionals, limitOf(values.limit)));
tellNotes(found);
const { card, net } = await openModel(model);
proveWritable(cardPath(model));
const oneLook: Sample[] = [];
const moreLooks: Sample[] = [];
for (const { images, arithmetic } of found.families) {
  if (arithmetic) continue; // its labels are answers, several readings of which are right
  for (const image of images) {
    const bytes = opened(image.path);
    if (bytes === undefined) continue;
    const item = { image: bytes, budgetMs: Number.POSITIVE_INFINITY };
    for (const [samples, sure] of [
      [oneLook, 0],
      [moreLooks, 1.1],
    ] as const) {
      const outcome = await readImage(net, item, sure);
      if (!('reading' in outcome) || outcome.reading.text === '') continue;
      const { text, confidence } = outcome.reading;
      samples.push({ logOdds: logOdds(confidence), right: isRight({ image, text, confidence }) });
    }
  }
}
await net.release();
const fewest = Math.min(oneLook.length, moreLooks.length);
if (fewest < LEAST_SAMPLES)
  refuse(`${fewest} readings of texts: a line is not fitted through fewer than ${LEAST_SAMPLES}`);

const calibration = {
  oneLook: adjusted(fitLine(oneLook), onReal.oneLook),
  moreLooks: adjusted(fitLine(moreLooks), onReal.moreLooks),
};
if (!calibrationSchema.safeParse(calibration).success)
  refuse(
    `readings that are right no oftener where the net is surer give no line: ${JSON.stringify(calibration)}`,
  );
const fitted = { ...card, calibration };
writeFileSync(cardPath(model), `${JSON.stringify(fitted, null, 2)}\n`);
console.log(`${oneLook.length} images: ${JSON.stringify(calibration)}`);

/** Undefined where it has gone, which is told. */
function opened(path: string): Buffer | undefined {
  try {
    return openImage(path);
  } catch (error) {
    if (!isNoImage(error)) throw error;
    tellLeftOut(path, saidOf(error));
    return undefined;
  }
}

/** The model, so that it says its own probabilities, and its card as it stands. */
async function openModel(model: string) {
  try {
    const card = readModelCard(model);
    const raw = { ...card, calibration: { oneLook: untouched, moreLooks: untouched } };
    return { card, net: await loadNet(model, raw) };
  } catch (error) {
    return refuseModel(model, error);
  }
}

/** Logistic regression of being right on the log-odds that were said, by Newton's method; nearly no prior. */
function fitLine(samples: readonly Sample[]): Line {
  let { slope, offset } = untouched;
  for (let round = 0; round < 50; round++) {
    let [g0, g1, h00, h01, h11] = [0, 0, 1e-3, 0, 1e-3];
    for (const { logOdds: x, right } of samples) {
      const p = 1 / (1 + Math.exp(-(slope * x + offset)));
      const error = (right ? 1 : 0) - p;
      const weight = p * (1 - p);
      g0 += error;
      g1 += error * x;
      h00 += weight;
      h01 += weight * x;
      h11 += weight * x * x;
    }
    const determinant = h00 * h11 - h01 * h01;
    offset += (h11 * g0 - h01 * g1) / determinant;
    slope += (h00 * g1 - h01 * g0) / determinant;
  }
  return { slope, offset };
}

function adjusted({ slope, offset }: Line, { flatter, moved }: { flatter: number; moved: number }): Line {
  return { slope: rounded(slope * flatter), offset: rounded(offset * flatter + moved) };
}

function rounded(value: number): number {
  return Math.round(value * 1e4) / 1e4;
}
