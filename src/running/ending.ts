import type { Log } from '../log.ts';

/** npm passes on a Ctrl-C that the terminal has sent here already: so soon, it is not a second one. */
const echoMs = 500;
/** For the word of it to be written, which may wait for whoever reads the log. */
const lastWordMs = 100;

interface EndingParts {
  log: Log;
  /** Closes whatever has been started. */
  stop(): Promise<void>;
  /** The longest that this may take. */
  mostMs: number;
  /** Called once all is closed, and again where the status has changed since. */
  leave(status: number): void;
  /** Ends the process at once. */
  kill(): void;
  elapsed(): number;
  later(work: () => void, ms: number): void;
}

/** The one way in which a process that serves comes to its end, whatever brings that about. */
export function ending({ log, stop, mostMs, leave, kill, elapsed, later }: EndingParts) {
  let beganAt: number | undefined;
  let hasStopped = false;
  let worst = 0;

  /** Ends with `status`, or with a worse one of before or of what comes to pass meanwhile. */
  function end(why: string, status: number): void {
    worst = Math.max(worst, status);
    if (hasStopped) leave(worst);
    if (beganAt !== undefined) return;
    beganAt = elapsed();
    log.info({ why }, 'stopping');
    later(() => force('it did not end in time'), mostMs);
    stop()
      .catch((error: unknown) => {
        log.fatal({ err: error }, 'stopping failed');
        worst ||= 1;
      })
      .finally(() => {
        hasStopped = true;
        leave(worst);
      });
  }

  /** Not in one go: to write now could wait for ever for whoever reads the log. */
  function force(why: string): void {
    log.fatal({ why }, 'killed before everything was closed');
    later(kill, lastWordMs);
  }

  return {
    end,
    /** SIGTERM or SIGINT: a second one ends it at once. */
    onSignal(signal: string): void {
      if (beganAt !== undefined && elapsed() - beganAt > echoMs) force(`${signal} came again`);
      end(signal, 0);
    },
  };
}
