import { EventEmitter } from 'node:events';
import type { FromThread, ToThread } from '../../src/recognize/thread.ts';

/** A thread whose every step the test takes: what it was sent lies in `batches`. */
export class StandIn extends EventEmitter {
  batches: number[] = [];
  stopped = false;

  postMessage(message: ToThread): void {
    if (message.kind === 'batch') this.batches.push(message.items.length);
    else {
      this.stopped = true;
      if (this.batches.length === 0) this.die();
    }
  }

  say(message: FromThread): void {
    this.emit('message', message);
  }

  /** Answers the batch it has with texts that tell the place in it; `inferMs`: as long as the net took for it. */
  answer(inferMs = 4): void {
    const count = this.batches.shift() ?? 0;
    for (let index = 0; index < count; index++) {
      const times = { decodeMs: 1, inferMs, views: 1 };
      const reading = { text: `${index}`, confidence: 1, characters: [], alternatives: [], times };
      this.say({ kind: 'done', index, outcome: { reading } });
    }
    this.say({ kind: 'free' });
    if (this.stopped) this.die();
  }

  die(): void {
    this.emit('exit', 1);
  }
}
