import { readFile } from 'node:fs/promises';
import { systemClock } from '../../clock.ts';
import { clicks, clock, example } from '../../example.ts';
import { Fault } from '../../fault.ts';
import type { Reading } from '../../reading.ts';
import { readClassCard } from '../../recognize/classes/card.ts';
import { readModelCard } from '../../recognize/modelCard.ts';
import { textModel } from '../../recognize/modelFiles.ts';
import { loadNet } from '../../recognize/net.ts';
import { RecognizerPool } from '../../recognize/pool.ts';
import { readImage } from '../../recognize/reader.ts';
import { type Finding, findingsOf, messageOf } from './check.ts';

/** What a model made of an image that comes with Legible. */
interface Seen {
  isRight: boolean;
  answer: string;
}

type Look = (pool: RecognizerPool) => Promise<Seen>;

/** One for each model; a server loads all but the first only when a task needs them. */
const looks: Record<string, Look> = {
  text: lookAtText,
  'second looks': lookAgainAtText,
  classes: lookAtClock,
  clicks: lookAtClicks,
};

const patience = () => ({ deadline: systemClock.now() + 60_000, signal: new AbortController().signal });

/** Each model says of an image what is known of it, on a thread as a server has them. */
export async function checkModels(given = looks): Promise<Finding[]> {
  const finding = findingsOf('model');
  const pool = await RecognizerPool.start({ threads: 1, queueLimit: 1, clock: systemClock });
  try {
    const found: Finding[] = [];
    for (const [name, look] of Object.entries(given)) {
      const started = performance.now();
      try {
        const { isRight, answer } = await look(pool);
        const ms = Math.round(performance.now() - started);
        const verdict = isRight
          ? ''
          : ': not what its example shows; put the model back that came with this version';
        found.push(finding(name, isRight, `sees ${answer} in ${ms} ms${verdict}`));
      } catch (error) {
        const cause = error instanceof Fault ? (error.cause ?? error) : error;
        found.push(finding(name, false, messageOf(cause)));
      }
    }
    return found;
  } finally {
    await pool.stop();
  }
}

async function lookAtText(pool: RecognizerPool): Promise<Seen> {
  const { text } = await pool.read(await readFile(example.file), patience());
  return { isRight: text === example.text, answer: text };
}

/** As if no look were sure enough: a first one that is would leave the net of the others unasked. */
async function lookAgainAtText(): Promise<Seen> {
  const net = await loadNet(textModel, readModelCard(textModel));
  try {
    const item = { image: await readFile(example.file), budgetMs: 60_000 };
    const outcome = await readImage(net, item, Number.POSITIVE_INFINITY);
    if ('fault' in outcome) throw new Error(outcome.fault.cause);
    return judgeSecondLooks(outcome.reading);
  } finally {
    await net.release();
  }
}

/** The first look has its say in this too: alone it would name the right text, and be unsure. */
export function judgeSecondLooks({ text, confidence }: Pick<Reading, 'text' | 'confidence'>): Seen {
  return { isRight: text === example.text && confidence > 0.5, answer: text };
}

/** By WordNet: an analog clock or a wall clock. */
const clockIds = ['n02708093', 'n04548280'];

async function lookAtClock(pool: RecognizerPool): Promise<Seen> {
  const probabilities = await pool.classify(await readFile(clock), patience());
  const { classes } = readClassCard();
  const sureness = probabilities.reduce(
    (sum, p, at) => (clockIds.includes(classes[at]!.id) ? sum + p : sum),
    0,
  );
  return { isRight: sureness > 0.9, answer: `a clock, by ${Math.round(100 * sureness)} %,` };
}

/** Pixels around a place where a click still hits. */
const reach = 12;

async function lookAtClicks(pool: RecognizerPool): Promise<Seen> {
  const images = [await readFile(clicks.picture), await readFile(clicks.prompt)] as const;
  return judgeClicks((await pool.findClicks(...images, patience()))?.points ?? []);
}

/** Every place of the example must be hit, in its turn, and nothing beside. */
export function judgeClicks(points: readonly { x: number; y: number }[]): Seen {
  const { places } = clicks;
  const isHit = points.map(({ x, y }, at) => {
    const place = places[at];
    return place !== undefined && Math.hypot(x - place.x, y - place.y) < reach;
  });
  const hits = isHit.filter(Boolean).length;
  return {
    isRight: points.length === places.length && hits === places.length,
    answer: `${hits} of ${places.length} places`,
  };
}
