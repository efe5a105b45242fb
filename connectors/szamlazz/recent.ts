/**
 * Answers kept for a short while. The provider bans who repeats one and the same request more than five times, and a question
 * counts as a request: what was answered a moment ago is not asked again.
 */
export class Recent<T> {
  readonly #kept = new Map<string, { value: T; untilMs: number }>();
  readonly #keepMs: number;
  readonly #size: number;
  constructor(keepMs: number, size = 1000) {
    this.#keepMs = keepMs;
    this.#size = size;
  }

  get(key: string, now: Date): T | undefined {
    const kept = this.#kept.get(key);
    const leftMs = (kept?.untilMs ?? 0) - now.getTime();
    // One that would be kept for longer than it may was kept by a clock that was ahead.
    return kept && leftMs > 0 && leftMs <= this.#keepMs ? kept.value : undefined;
  }

  set(key: string, value: T, now: Date): void {
    this.#kept.delete(key);
    if (this.#kept.size >= this.#size) this.#kept.delete(this.#kept.keys().next().value!);
    this.#kept.set(key, { value, untilMs: now.getTime() + this.#keepMs });
  }

  forget(key: string): void {
    this.#kept.delete(key);
  }
}
