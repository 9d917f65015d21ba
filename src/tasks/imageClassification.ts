import { z } from 'zod';
import { Fault } from '../fault.ts';
import { type Image, type ImageSettings, imageList, imageOf, namingFields, text } from './images.ts';
import { proxyFields, refuseMalformedProxy } from './proxy.ts';
import { probability, rounded, type TaskType } from './task.ts';
import { withoutUnset } from './unset.ts';
import { empty, fieldRefuser } from './wording.ts';

export interface ClassificationSettings extends ImageSettings {
  questions: QuestionBook;
}

/** What can be asked of a classification. */
interface QuestionBook {
  /** Indexes of the classes that a question means; undefined when it is unknown. */
  meaningOf(question: string): readonly number[] | undefined;
  /** From this probability on an image shows what is asked. */
  threshold: number;
}

interface ImageClassification {
  images: Image[];
  question: string;
}

const solution = z.object({
  objects: z.array(z.int().min(0)).describe('indexes of the images that show it'),
  scores: z.array(probability).describe('the probability for each image'),
});
type Classified = z.output<typeof solution>;

/** `ImageClassificationTask`: which of some images show what the question names. */
export function imageClassification(
  settings: ClassificationSettings,
): TaskType<ImageClassification, 'classes', Classified> {
  const { questions } = settings;
  const fields = z.object({
    images: imageList,
    question: text.min(1, empty).describe('one of those that `GET /questions` lists'),
    ...proxyFields,
  });

  /** @throws Fault ERROR_UNKNOWN_QUESTION */
  function meaningOf(question: string): readonly number[] {
    const classes = questions.meaningOf(question);
    if (!classes) throw new Fault('ERROR_UNKNOWN_QUESTION', { detail: 'task.question: see GET /questions' });
    return classes;
  }

  return {
    type: 'ImageClassificationTask',
    summary: 'Which of some images show what a question names.',
    solutions: { common: solution },
    timing: 'now',
    input: z.preprocess(withoutUnset, fields).transform((task, context): ImageClassification => {
      refuseMalformedProxy(task, fieldRefuser(context));
      const images = task.images.map((image, i) => imageOf(settings, image, `images.${i}`));
      return { question: task.question, images };
    }),
    module: () => 'common',
    sample: ({ images }) => ({ objects: [0], scores: images.map((_, index) => (index === 0 ? 0.97 : 0.01)) }),
    check({ images, question }) {
      meaningOf(question);
      for (const image of images) image();
    },
    async solve({ images, question }, { engines, ...patience }) {
      const classes = meaningOf(question);
      const scores = await Promise.all(
        images.map(async (image, i) => {
          const looking = engines.classes.classify(image(), patience);
          const probabilities = await namingFields(`task.images.${i}`, looking);
          return classes.reduce((sum, index) => sum + probabilities[index]!, 0);
        }),
      );
      return {
        objects: Array.from(scores.keys()).filter((index) => scores[index]! >= questions.threshold),
        scores: scores.map(rounded),
      };
    },
  };
}
