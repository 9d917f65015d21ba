/** Calls `end` with an error at the signal, or now where that has come. Returns the function that calls it off. */
export function onAbort(signal: AbortSignal, end: (error: Error) => void): () => void {
  const abort = () => end(new Error('took too long'));
  signal.addEventListener('abort', abort, { once: true });
  if (signal.aborted) abort();
  return () => signal.removeEventListener('abort', abort);
}
