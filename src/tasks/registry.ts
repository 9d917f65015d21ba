import { altcha } from './altcha.ts';
import { cap } from './cap.ts';
import { type ClassificationSettings, imageClassification } from './imageClassification.ts';
import { type ImageToTextSettings, imageToText } from './imageToText.ts';
import { mcaptcha } from './mcaptcha.ts';
import type { SiteRules } from './site.ts';
import type { TaskType } from './task.ts';
import { visionEngine } from './visionEngine.ts';

interface TaskSettings extends ImageToTextSettings, ClassificationSettings {
  /** What sites and proxies may be called. */
  sites: SiteRules;
}

/**
 * Every type that this server solves. Whatever is not in this list is not supported, the token types of
 * third-party anti-bot services among it: nothing that defeats those is built here.
 */
// biome-ignore lint/suspicious/noExplicitAny: each type reads only the input that its own schema made
export function taskTypes(settings: TaskSettings): TaskType<any>[] {
  const { sites } = settings;
  return [
    imageToText(settings),
    visionEngine(settings),
    imageClassification(settings),
    altcha(sites),
    cap(sites),
    mcaptcha(sites),
  ];
}
