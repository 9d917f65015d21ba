import { withoutNulls } from '../../tasks/images.ts';
import type { Body } from './dialect.ts';

const letters = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';

/**
 * The options of a neighbour's image task in the words of ours. What has no meaning here is left out: people
 * are asked for a phrase, or to read a comment; nets for single sites (`CapMonsterModule`) are one net here, and texts
 * are always answered in the case that they are read in.
 */
export function withOurOptions(task: Body): Body {
  const given = withoutNulls(task) as Body;
  const { phrase: _p, numeric, math, Case: _c, CapMonsterModule: _m, ...rest } = given;
  const { recognizingThreshold } = rest;
  // No image at all: the dialects have a code of their own for that, and none for base64 of nothing.
  if (rest.body === '') delete rest.body;
  if (recognizingThreshold !== undefined && rest.score === undefined)
    rest.score = asShare(recognizingThreshold);
  if (isOn(math)) {
    // Clients write the expression's, although the contracts mean the answer's.
    const { minLength: _min, maxLength: _max, ...others } = rest;
    return { ...others, module: 'math' };
  }
  if (isOn(numeric)) return { ...rest, module: 'number' };
  if ((numeric === 2 || numeric === '2') && rest.charset === undefined) return { ...rest, charset: letters };
  return rest;
}

/** Whether a switch is on, as JSON and as forms write it. */
export function isOn(value: unknown): boolean {
  return value === true || value === 1 || value === '1' || value === 'true';
}

/** What is wrong with a share, told to a client that gave it in percent. */
export function inPercent(detail: string | undefined): string | undefined {
  return detail?.replace(/(?<=^task\.recognizingThreshold: is not from 0 to )1$/, '100');
}

/** Percent to a share; what is no number stays, and is refused where scores are. */
function asShare(threshold: unknown): unknown {
  const percent = typeof threshold === 'string' && threshold.trim() !== '' ? Number(threshold) : threshold;
  return typeof percent === 'number' && !Number.isNaN(percent) ? percent / 100 : threshold;
}
