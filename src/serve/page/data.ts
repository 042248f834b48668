/// <reference lib="dom" />
/// <reference lib="dom.iterable" />
/** What the page asks the server for. */
import { useEffect, useState } from "preact/hooks";
import type { ToldEvent } from "../answers.ts";

/** What was answered; the last answer stays while the next is on its way. */
export interface Loaded<Answer> {
  readonly data: Answer | undefined;
  readonly error: string | undefined;
  readonly isLoading: boolean;
}

/** Asks at once. */
export async function ask<Answer>(
  path: string,
  signal?: AbortSignal,
): Promise<Answer> {
  const response = await fetch(path, { signal: signal ?? null }).catch(
    (error) => {
      if (signal?.aborted) throw error;
      throw new Error("orc serve has ended, or cannot be reached");
    },
  );
  if (response.ok) return await response.json();
  const isJson = response.headers.get("content-type")?.includes("json");
  const said = isJson
    ? (await response.json()).error
    : (await response.text()).trim();
  throw new Error(said);
}

/** Asks anew whenever the path or the stamp is another one; undefined asks for nothing. */
export function useAnswer<Answer>(
  path: string | undefined,
  stamp: unknown,
): Loaded<Answer> {
  const [loaded, setLoaded] = useState<Loaded<Answer> & { path?: string }>({
    data: undefined,
    error: undefined,
    isLoading: true,
  });
  useEffect(() => {
    if (path === undefined) return;
    const gone = new AbortController();
    setLoaded((before) => ({ ...before, isLoading: true }));
    ask<Answer>(path, gone.signal).then(
      (data) => setLoaded({ path, data, error: undefined, isLoading: false }),
      ({ message }) => {
        if (gone.signal.aborted) return;
        setLoaded((before) => ({
          ...before,
          error: message,
          isLoading: false,
        }));
      },
    );
    return () => gone.abort();
  }, [path, stamp]);
  // What was answered for another path must not be taken for this one.
  return loaded.path === path ? loaded : { ...loaded, data: undefined };
}

/** What the server tells by itself. */
export interface Telling {
  onOpen(): void;
  onLost(): void;
  onSessions(ids: readonly string[]): void;
  onLog(events: readonly ToldEvent[]): void;
}

/** Listens for changes while the page can be seen: a browser has few connections for all its pages. */
export function listen(
  session: string | undefined,
  telling: Telling,
): () => void {
  let source: EventSource | undefined;
  const begin = (): void => {
    const query = session === undefined ? "" : `?session=${session}`;
    source = new EventSource(`/api/events${query}`);
    const on = (name: string, told: (value: never) => void): void => {
      source?.addEventListener(
        name,
        ({ data }) => told(JSON.parse(data) as never),
      );
    };
    on("begin", telling.onOpen);
    on("sessions", telling.onSessions);
    on("log", telling.onLog);
    source.onerror = telling.onLost;
  };
  const end = (): void => {
    source?.close();
    source = undefined;
  };
  const look = (): void => {
    if (document.hidden) end();
    else if (source === undefined) begin();
  };
  look();
  document.addEventListener("visibilitychange", look);
  return () => {
    document.removeEventListener("visibilitychange", look);
    end();
  };
}
