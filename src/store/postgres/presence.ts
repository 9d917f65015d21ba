import type { Engine } from '../engine.ts';

/** A process that has not been seen for so long is dead. */
const deadAfterMs = 10_000;

/**
 * Keeps a process known as alive among those that share a database. `beat` is called every second; it returns
 * the time since which the living have been seen, or undefined while that cannot be judged: after an outage
 * every process looks dead, until all of them have had the time to beat again.
 */
export function presence(engine: Pick<Engine, 'call'>, node: string) {
  let steadySince: number | undefined;
  let lastBeat = 0;
  return {
    async beat(): Promise<number | undefined> {
      const now = await engine.call('beat', node);
      // Nor can it be judged after somebody has set the database's clock, forward or back.
      if (steadySince === undefined || Math.abs(now - lastBeat) > deadAfterMs / 2) steadySince = now;
      lastBeat = now;
      return now - steadySince < deadAfterMs ? undefined : now - deadAfterMs;
    },
  };
}
