/** Bytes that work may hold at once: what would hold more waits, in the order in which it came. */
export class Room {
  readonly #most: number;
  #left: number;
  #waiting: { bytes: number; enter: () => void }[] = [];

  constructor(bytes: number) {
    this.#most = bytes;
    this.#left = bytes;
  }

  /** Does `work` once there is room for what it holds; more than the room counts as all of it. */
  async hold<Result>(bytes: number, work: () => Promise<Result>): Promise<Result> {
    const held = Math.min(bytes, this.#most);
    if (this.#waiting.length > 0 || held > this.#left)
      await new Promise<void>((enter) => this.#waiting.push({ bytes: held, enter }));
    else this.#left -= held;
    try {
      return await work();
    } finally {
      this.#left += held;
      this.#admit();
    }
  }

  #admit(): void {
    for (let next = this.#waiting[0]; next && next.bytes <= this.#left; next = this.#waiting[0]) {
      this.#waiting.shift();
      // Taken here, and not when it goes on: by then another might have come.
      this.#left -= next.bytes;
      next.enter();
    }
  }
}
