/** How long an account counts as stuck, unless its row is had before. */
const stuckMs = 60_000;

/** Accounts whose row somebody outside does not give up: meanwhile their calls must not delay those of others. */
export class StuckAccounts {
  readonly #until = new Map<string, number>();

  has(accountId: string | null | undefined): boolean {
    if (typeof accountId !== 'string') return false;
    return (this.#until.get(accountId) ?? 0) > performance.now();
  }

  add(accountId: string): void {
    const now = performance.now();
    for (const [account, until] of this.#until) if (until <= now) this.#until.delete(account);
    this.#until.set(accountId, now + stuckMs);
  }

  delete(accountId: string): void {
    this.#until.delete(accountId);
  }
}
