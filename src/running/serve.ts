import { systemClock } from '../clock.ts';
import { createLog } from '../log.ts';
import type { Config } from '../settings/config.ts';
import { milliseconds } from '../settings/milliseconds.ts';
import { ending } from './ending.ts';
import { type Running, start } from './main.ts';

/** Closing a socket or a file must not take longer than this after everything has been told to end. */
const lingerMs = 2_000;
const graceMs = 10_000;

/** Serves until a signal, or until something goes wrong that nobody has foreseen; calls `greet` once it serves. */
export async function serve(config: Config, greet: (running: Running) => void): Promise<void> {
  const log = createLog(config);
  const off = new AbortController();
  const { end, onSignal } = ending({
    log,
    async stop() {
      off.abort();
      await (await running)?.stop();
    },
    mostMs: milliseconds(config.drainSeconds) + graceMs,
    leave,
    kill,
    elapsed: systemClock.elapsed,
    later: (work, ms) => void setTimeout(work, ms).unref(),
  });
  function onSurprise(error: unknown, kind: string): void {
    log.fatal({ err: error }, kind);
    end(kind, 1);
  }

  process.on('SIGTERM', onSignal).on('SIGINT', onSignal);
  process
    .on('unhandledRejection', (error) => onSurprise(error, 'unhandledRejection'))
    .on('uncaughtException', (error) => onSurprise(error, 'uncaughtException'));

  const starting = start(config, {
    clock: systemClock,
    log,
    calledOff: off.signal,
    onFatal(error) {
      log.fatal({ err: error }, 'the store cannot go on');
      end('store', 70);
    },
  });
  const running = starting.catch((error: unknown) => {
    if (!off.signal.aborted) throw error;
    if (error === off.signal.reason) return;
    // Not thrown: whoever catches it would set an exit status over a worse one that the ending has reached.
    log.error({ err: error }, 'the start failed');
    end('start', 1);
  });
  const started = await running;
  if (started !== undefined) greet(started);
}

/** The process ends by itself once nothing is open, and by then no thread is inside onnxruntime; or after `lingerMs`. */
function leave(status: number): void {
  process.exitCode = status;
  setTimeout(() => process.exit(), lingerMs).unref();
}

/**
 * Ends this process at once. `process.exit` while a thread is inside onnxruntime aborts with a core dump. The
 * ledger bears a kill: what is held is given back at the next start.
 */
function kill(): void {
  process.kill(process.pid, 'SIGKILL');
  // Only the first process of a container is spared by its own signal.
  process.abort();
}
