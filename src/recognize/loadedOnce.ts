/** Loaded when first needed, and kept; a load that failed is tried again at the next need. */
export class LoadedOnce<Net extends { release(): Promise<void> }> {
  readonly #load: () => Promise<Net>;
  #loaded: Promise<Net> | undefined;

  constructor(load: () => Promise<Net>) {
    this.#load = load;
  }

  /** @throws what the load throws */
  get(): Promise<Net> {
    this.#loaded ??= this.#load().catch((error: unknown) => {
      // Kept, one failure would refuse every task of its type until the server is restarted.
      this.#loaded = undefined;
      throw error;
    });
    return this.#loaded;
  }

  async release(): Promise<void> {
    const net = await this.#loaded?.catch(() => undefined);
    await net?.release();
  }
}
