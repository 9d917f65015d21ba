/** Bodies of up to so many bytes are not counted: the number of connections bounds those. */
export const smallest = 16 * 1024;

/** What the buffers of bodies hold that have not arrived in full, of each network and of all. */
export class UnfinishedBodies {
  readonly #mostOfOne: number;
  readonly #mostOfAll: number;
  readonly #heldBy = new Map<string, number>();
  #heldByAll = 0;

  constructor({ ofOne, ofAll }: { ofOne: number; ofAll: number }) {
    this.#mostOfOne = ofOne;
    this.#mostOfAll = ofAll;
  }

  /** Whether a network may hold so many bytes more. */
  hasRoomFor(network: string, bytes: number): boolean {
    if (bytes <= smallest) return true;
    if (this.#heldByAll + bytes > this.#mostOfAll) return false;
    return (this.#heldBy.get(network) ?? 0) + bytes <= this.#mostOfOne;
  }

  /** Counts a body of `next` bytes where one of `previous` was counted. */
  hold(network: string, next: number, previous: number): void {
    const bytes = (next > smallest ? next : 0) - (previous > smallest ? previous : 0);
    if (bytes === 0) return;
    this.#heldByAll += bytes;
    const held = (this.#heldBy.get(network) ?? 0) + bytes;
    if (held === 0) this.#heldBy.delete(network);
    else this.#heldBy.set(network, held);
  }
}
