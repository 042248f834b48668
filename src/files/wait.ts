/**
 * Waits for what `begin` starts, and later hands to `end` or `fail`. Aborting ends the waiting, and
 * the signal's reason is thrown; for a signal that was aborted before nothing begins. What `begin`
 * returns is called as soon as it is over, before anybody goes on, and nothing stays on the signal,
 * which may live on for many waits.
 */
export function unlessAborted<Value>(
  signal: AbortSignal | undefined,
  begin: (
    end: (value: Value) => void,
    fail: (error: unknown) => void,
  ) => () => void,
): Promise<Value> {
  return new Promise((resolve, reject) => {
    signal?.throwIfAborted();
    const abort = () => fail(signal?.reason);
    const over = () => {
      signal?.removeEventListener("abort", abort);
      stop();
    };
    const end = (value: Value) => {
      over();
      resolve(value);
    };
    const fail = (error: unknown) => {
      over();
      reject(error);
    };
    const stop = begin(end, fail);
    signal?.addEventListener("abort", abort);
    // To begin may itself have been the end of it.
    if (signal?.aborted) abort();
  });
}

/** As long as nobody aborts. */
export function pause(ms: number, signal?: AbortSignal): Promise<void> {
  return unlessAborted(signal, (end) => {
    const timer = setTimeout(end, ms);
    return () => clearTimeout(timer);
  });
}
