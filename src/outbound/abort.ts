/** Hands `end` the error of a call that took too long: at the signal, or now where that has come. What it returns calls that off. */
export function onAbort(signal: AbortSignal, end: (error: Error) => void): () => void {
  const abort = () => end(new Error('took too long'));
  signal.addEventListener('abort', abort, { once: true });
  if (signal.aborted) abort();
  return () => signal.removeEventListener('abort', abort);
}
