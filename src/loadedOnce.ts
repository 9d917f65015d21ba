/** Loaded when first needed, and kept; a load that failed is tried again at the next need. */
export class LoadedOnce<Loaded> {
  readonly #load: () => Promise<Loaded>;
  #loaded: Promise<Loaded> | undefined;

  constructor(load: () => Promise<Loaded>) {
    this.#load = load;
  }

  /** @throws what the load throws */
  get(): Promise<Loaded> {
    this.#loaded ??= this.#load().catch((error: unknown) => {
      // Kept, one failure would refuse every task of its type until the server is restarted.
      this.#loaded = undefined;
      throw error;
    });
    return this.#loaded;
  }

  async release(this: LoadedOnce<{ release(): Promise<void> }>): Promise<void> {
    const loaded = await this.#loaded?.catch(() => undefined);
    await loaded?.release();
  }
}
