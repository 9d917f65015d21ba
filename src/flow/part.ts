import { Aside } from './aside.ts';
import type { Arrived } from './stages.ts';

/** One of several things that a call asks for, as a call of its own; the whole takes over its `aside` in the end. */
export function partOf(
  whole: Arrived,
  { index, ...own }: { index: number } & Pick<Arrived, 'body' | 'asks'>,
): Arrived {
  const { requestId, address, language, dialect, numbered } = whole;
  const part: Arrived = {
    requestId: `${requestId}.${index}`,
    address,
    language,
    dialect,
    numbered,
    // Of its own: a part whose time is over must not end the others.
    controller: childOf(whole.controller),
    aside: new Aside(),
    forgetBody() {
      part.body = {};
    },
    ...own,
  };
  return part;
}

function childOf(parent: AbortController): AbortController {
  const child = new AbortController();
  if (parent.signal.aborted) child.abort();
  else parent.signal.addEventListener('abort', () => child.abort(), { once: true });
  return child;
}
