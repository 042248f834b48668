/** A signal that tells how many listeners are on it: who waits for long leaves none behind. */
export class CountedSignal {
  readonly #controller = new AbortController();
  readonly #listeners = new Set<unknown>();
  #added = 0;
  readonly signal = this.#controller.signal;

  constructor() {
    const { signal } = this;
    const add = signal.addEventListener.bind(signal);
    const remove = signal.removeEventListener.bind(signal);
    Object.assign(signal, {
      addEventListener: (...args: Parameters<typeof add>) => {
        this.#added++;
        this.#listeners.add(args[1]);
        add(...args);
      },
      removeEventListener: (...args: Parameters<typeof remove>) => {
        this.#listeners.delete(args[1]);
        remove(...args);
      },
    });
  }

  readonly listeners = (): number => this.#listeners.size;

  readonly added = (): number => this.#added;

  readonly abort = (reason: unknown): void => this.#controller.abort(reason);
}
