import { isOn } from '../../tasks/scalars.ts';
import { withoutUnset } from '../../tasks/unset.ts';
import type { Body } from './dialect.ts';

const letters = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';

/**
 * The options of a neighbour's image task in the words of ours. What has no meaning here is left out: people
 * are asked for a phrase, or to read a comment; nets for single sites (`CapMonsterModule`) are one net here, and texts
 * are always answered in the case that they are read in.
 */
export function withOurOptions(task: Body): Body {
  const given = withoutUnset(task) as Body;
  const { phrase: _p, numeric, math, case: _c, Case: _C, CapMonsterModule: _m, ...rest } = given;
  // No image at all: the dialects have a code of their own for that, and none for base64 of nothing.
  if (rest.body === '') delete rest.body;
  if (isOn(math)) {
    // Clients write the expression's, although the contracts mean the answer's.
    const { minLength: _min, maxLength: _max, ...others } = rest;
    return { ...others, module: 'math' };
  }
  if (isOn(numeric)) return { ...rest, module: 'number' };
  if ((numeric === 2 || numeric === '2') && rest.charset === undefined) return { ...rest, charset: letters };
  return rest;
}
