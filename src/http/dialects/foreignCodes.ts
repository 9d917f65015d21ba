import type { ErrorCode } from '../../errors.ts';
import type { Fault } from '../../fault.ts';

/** An error of a neighbour's contract: its code, and its number where it has one. */
export type Foreign = readonly [code: string, id: number];

/** What each of our codes is called there; a function where that depends on what is at fault. */
export type ForeignCodes = Record<ErrorCode, Foreign | ((fault: Fault) => Foreign)>;

export function foreignOf(codes: ForeignCodes, fault: Fault): Foreign {
  const found = codes[fault.code];
  return typeof found === 'function' ? found(fault) : found;
}

/** The field that a fault's detail begins with: `task.body`. */
export function fieldOf({ detail }: Fault): string | undefined {
  return detail?.split(':', 1)[0];
}

/** By what is wrong with a key: one that is good elsewhere must not be thrown away. */
export function ifElsewhere(found: { elsewhere: Foreign; missing?: Foreign; else: Foreign }) {
  return ({ reason }: Fault): Foreign => {
    if (reason === 'keyElsewhere') return found.elsewhere;
    return reason === 'keyMissing' ? (found.missing ?? found.else) : found.else;
  };
}

const imageField = /^task\.(body|images?(\.\d+)?|imageBackground|imagePrompt)$/;

/** By which of the two things that a task cannot do without is missing. */
export function ifMissing(found: { task: Foreign; image: Foreign; else: Foreign }) {
  return (fault: Fault): Foreign => {
    const field = fieldOf(fault) ?? '';
    if (field === 'task' || field === 'task.type') return found.task;
    return fault.reason === 'fieldMissing' && imageField.test(field) ? found.image : found.else;
  };
}

/** By whether a request is larger than any may be: only an image makes it so. */
export function ifBodyTooLarge(found: { large: Foreign; else: Foreign }) {
  return ({ reason }: Fault): Foreign => (reason === 'bodyTooLarge' ? found.large : found.else);
}

/** By whether an image is too small or too large. */
export function ifSmall(found: { small: Foreign; large: Foreign }) {
  return ({ reason }: Fault): Foreign => (reason === 'imageTooSmall' ? found.small : found.large);
}
