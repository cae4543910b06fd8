// What waits for a reader.

/** Things in their order, for one reader who takes his time. */
export class Queue<T> implements AsyncIterable<T> {
  #waiting: T[] = [];
  #closed = false;
  #wake: (() => void) | undefined;

  /** Adds one at the end. */
  push(item: T): void {
    if (this.#closed) return;
    this.#waiting.push(item);
    this.#wake?.();
  }

  /** Nothing comes any more; what waits can still be read. */
  close(): void {
    this.#closed = true;
    this.#wake?.();
  }

  /** Reads until it is closed and empty. */
  async *[Symbol.asyncIterator](): AsyncGenerator<T, void, void> {
    for (;;) {
      const items = this.#waiting;
      this.#waiting = [];
      yield* items;
      if (this.#waiting.length > 0) continue;
      if (this.#closed) return;
      await new Promise<void>((resolve) => (this.#wake = resolve));
      this.#wake = undefined;
    }
  }
}
