/** Choices that look random, and that the same seed makes again. */
export class Random {
  #state: number;

  constructor(seed: number) {
    // Xorshift never leaves zero.
    this.#state = (seed ^ 0x9e3779b9) | 0 || 1;
  }

  /** From zero to before `limit`. */
  below(limit: number): number {
    this.#state ^= this.#state << 13;
    this.#state ^= this.#state >>> 17;
    this.#state ^= this.#state << 5;
    return (this.#state >>> 0) % limit;
  }

  shuffled<T>(items: readonly T[]): T[] {
    const left = [...items];
    return items.map(() => left.splice(this.below(left.length), 1)[0]!);
  }
}
