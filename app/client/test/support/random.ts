// Numbers that look random, the same for the same seed (SplitMix64).

const MASK = (1n << 64n) - 1n;

export class Random {
  #state: bigint;

  constructor(seed: bigint) {
    this.#state = seed & MASK;
  }

  next(): bigint {
    this.#state = (this.#state + 0x9e3779b97f4a7c15n) & MASK;
    let z = this.#state;
    z = ((z ^ (z >> 30n)) * 0xbf58476d1ce4e5b9n) & MASK;
    z = ((z ^ (z >> 27n)) * 0x94d049bb133111ebn) & MASK;
    return z ^ (z >> 31n);
  }

  /** From the first to the last, both included. */
  between(first: bigint, last: bigint): bigint {
    return first + (this.next() % (last - first + 1n));
  }

  of<T>(choices: readonly T[]): T {
    return choices[Number(this.next() % BigInt(choices.length))]!;
  }
}
