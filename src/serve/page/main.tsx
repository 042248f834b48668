/** @jsxImportSource preact */
/// <reference lib="dom" />
/// <reference lib="dom.iterable" />
/** The page of `orc serve`. All that comes from a session is shown as text. */
import { type JSX, render } from "preact";
import { useEffect, useState } from "preact/hooks";
import type { Question, ToldEvent } from "../answers.ts";
import type { ListAnswer } from "../sessions.ts";
import { listen, useAnswer } from "./data.ts";
import { SessionList } from "./list.tsx";
import { Asked, Session, type Tab } from "./session.tsx";

/** The address of the page says what it shows, so that it can be gone back from, and kept. */
function placeIn(hash: string): { id: string | undefined; tab: Tab } {
  const [, id, tab = ""] =
    /^#\/s\/([a-z0-9_-]+)(?:\/(log|findings))?$/.exec(hash) ?? [];
  return { id, tab: tab as Tab };
}

function usePlace(): ReturnType<typeof placeIn> {
  const [hash, setHash] = useState(location.hash);
  useEffect(() => {
    const look = () => setHash(location.hash);
    addEventListener("hashchange", look);
    return () => removeEventListener("hashchange", look);
  }, []);
  return placeIn(hash);
}

/** A page that stays open for days must not keep all it was told. */
const MAX_EVENTS = 2000;
/** Updates that come in a row are asked about once. */
const SETTLE_MS = 60;

function App(): JSX.Element {
  const { id, tab } = usePlace();
  const [stamps, setStamps] = useState({ list: 0, session: 0 });
  const [events, setEvents] = useState<readonly ToldEvent[]>([]);
  const [isLive, setLive] = useState(true);
  const [answer, setAnswer] = useState<ListAnswer>();

  useEffect(() => {
    setEvents([]);
    let isOwn = false;
    let timer: ReturnType<typeof setTimeout> | undefined;
    const refresh = (own: boolean): void => {
      isOwn ||= own;
      timer ??= setTimeout(() => {
        const step = isOwn ? 1 : 0;
        isOwn = false;
        timer = undefined;
        setStamps(({ list, session }) => ({
          list: list + 1,
          session: session + step,
        }));
      }, SETTLE_MS);
    };
    let isFirst = true;
    const stop = listen(id, {
      onOpen() {
        setLive(true);
        // After a pause all may be another.
        setEvents([]);
        if (!isFirst) refresh(true);
        isFirst = false;
      },
      onLost: () => setLive(false),
      onSessions: (ids) => refresh(id !== undefined && ids.includes(id)),
      onLog(told) {
        setEvents((before) => [...before, ...told].slice(-MAX_EVENTS));
      },
    });
    return () => {
      stop();
      clearTimeout(timer);
    };
  }, [id]);

  const waiting = answer?.waiting ?? 0;
  const name = answer?.root.split(/[\\/]/).at(-1) ?? "";
  useEffect(() => {
    document.title = `${waiting > 0 ? `(${waiting}) ` : ""}${name} · orc`;
  }, [waiting, name]);

  useEffect(() => {
    const onKey = (event: KeyboardEvent): void => {
      const isTyped = event.target instanceof HTMLInputElement;
      if (event.key !== "/" || isTyped || event.ctrlKey || event.metaKey) {
        return;
      }
      event.preventDefault();
      document.querySelector<HTMLInputElement>("#search")?.focus();
    };
    addEventListener("keydown", onKey);
    return () => removeEventListener("keydown", onKey);
  }, []);

  return (
    <>
      <a class="skip" href="#main" onClick={toMain}>Skip the list</a>
      <header class="bar">
        <a class="brand" href="#/">orc</a>
        <span class="root" title={answer?.root}>{name}</span>
        {waiting > 0 && <a class="waits" href="#/">{waiting} waiting for you
        </a>}
        <span class={`live ${isLive ? "good" : "bad"}`} role="status">
          <span aria-hidden="true">●</span>{" "}
          {isLive ? "live" : "connection lost"}
        </span>
      </header>
      <div class={`columns ${id ? "shows-session" : ""}`}>
        <SessionList selected={id} stamp={stamps.list} onAnswer={setAnswer} />
        <main id="main" tabIndex={-1}>
          {id === undefined ? <Home stamp={stamps.list} /> : (
            <Session
              key={id}
              id={id}
              tab={tab}
              stamp={stamps.session}
              events={events}
            />
          )}
        </main>
      </div>
    </>
  );
}

function toMain(event: Event): void {
  event.preventDefault();
  document.querySelector<HTMLElement>("#main")?.focus();
}

/** What waits for a human in all sessions. */
function Home({ stamp }: { stamp: number }): JSX.Element {
  const { data, error } = useAnswer<readonly Question[]>("/api/waiting", stamp);
  return (
    <article class="home">
      <h1>Waiting for you</h1>
      {error && <p class="alert bad" role="alert">{error}</p>}
      {data?.length === 0 && (
        <p class="empty">
          Nothing waits for a human. Choose a session to see where it stands.
        </p>
      )}
      {data?.map((question) => (
        <Asked
          key={`${question.session} ${question.phaseId} ${question.itemId}`}
          question={question}
          link={<a href={`#/s/${question.session}`}>{question.task}</a>}
        />
      ))}
    </article>
  );
}

const app = document.querySelector("#app");
if (app) render(<App />, app);
