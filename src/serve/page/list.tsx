/** @jsxImportSource preact */
/// <reference lib="dom" />
/// <reference lib="dom.iterable" />
/** The list of sessions: of thousands only those are drawn, and asked for, that can be seen. */
import type { JSX } from "preact";
import { useEffect, useRef, useState } from "preact/hooks";
import type { ListAnswer, ListedSession } from "../sessions.ts";
import { ask } from "./data.ts";
import { Ago, Badge, Sign, wordsOf } from "./parts.tsx";

const ROW_PIXELS = 68;
const PAGE_ROWS = 100;
/** Drawn above and below what is seen. */
const SPARE_ROWS = 6;

const FILTERS = ["", "waiting", "active", "completed", "abandoned"];

interface Props {
  readonly selected: string | undefined;
  /** Another one after each change. */
  readonly stamp: number;
  onAnswer(answer: ListAnswer): void;
}

export function SessionList({ selected, stamp, onAnswer }: Props): JSX.Element {
  const [search, setSearch] = useState("");
  const [status, setStatus] = useState("");
  const [top, setTop] = useState(0);
  const [height, setHeight] = useState(600);
  const [error, setError] = useState<string>();
  const [answer, setAnswer] = useState<ListAnswer>();
  const [rows, setRows] = useState<ReadonlyMap<number, ListedSession>>(
    new Map(),
  );
  const box = useRef<HTMLDivElement>(null);
  const first = Math.max(0, Math.floor(top / ROW_PIXELS) - SPARE_ROWS);
  const last = Math.ceil((top + height) / ROW_PIXELS) + SPARE_ROWS;
  const firstPage = Math.floor(first / PAGE_ROWS);
  const lastPage = Math.floor(last / PAGE_ROWS);

  useEffect(() => {
    const element = box.current;
    if (element === null) return;
    const observer = new ResizeObserver(() => setHeight(element.clientHeight));
    observer.observe(element);
    return () => observer.disconnect();
  }, []);

  useEffect(() => {
    const gone = new AbortController();
    const load = async (): Promise<void> => {
      const found = new Map<number, ListedSession>();
      let newest: ListAnswer | undefined;
      for (let page = firstPage; page <= lastPage; page++) {
        const offset = page * PAGE_ROWS;
        if (newest && offset >= newest.found) break;
        const query = new URLSearchParams({
          ...{ search, status, offset: `${offset}`, limit: `${PAGE_ROWS}` },
        });
        newest = await ask<ListAnswer>(`/api/sessions?${query}`, gone.signal);
        newest.sessions.forEach((line, index) =>
          found.set(offset + index, line)
        );
      }
      if (newest === undefined) return;
      setRows(found);
      setAnswer(newest);
      setError(undefined);
      onAnswer(newest);
    };
    // Somebody may still type.
    const timer = setTimeout(() =>
      load().catch(({ message }) => {
        if (!gone.signal.aborted) setError(message);
      }), search === "" ? 0 : 120);
    return () => {
      clearTimeout(timer);
      gone.abort();
    };
  }, [search, status, firstPage, lastPage, stamp]);

  const count = answer?.found ?? 0;
  const shown = Array.from(
    { length: Math.max(0, Math.min(last, count) - first) },
    (_, index) => first + index,
  );

  /** Goes up and down with the arrows, also beyond what is drawn. */
  const move = (event: KeyboardEvent): void => {
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    const element = box.current;
    if (step === undefined || element === null) return;
    const row = (event.target as HTMLElement).closest<HTMLElement>(
      "[data-row]",
    );
    const to = Number(row?.dataset["row"] ?? -1) + step;
    if (to < 0 || to >= count) return;
    event.preventDefault();
    const above = to * ROW_PIXELS;
    if (above < element.scrollTop) element.scrollTop = above;
    const below = above + ROW_PIXELS - element.clientHeight;
    if (below > element.scrollTop) element.scrollTop = below;
    setTop(element.scrollTop);
    requestAnimationFrame(() =>
      element.querySelector<HTMLElement>(`[data-row="${to}"] a`)?.focus()
    );
  };

  const reset = (): void => {
    if (box.current) box.current.scrollTop = 0;
    setTop(0);
  };

  return (
    <nav class="list" aria-label="Sessions">
      <div class="filters">
        <label class="unseen" for="search">Search sessions</label>
        <input
          id="search"
          type="search"
          placeholder="Search sessions  ( / )"
          autocomplete="off"
          value={search}
          onInput={({ currentTarget }) => {
            setSearch(currentTarget.value);
            reset();
          }}
        />
        <fieldset>
          <legend class="unseen">Which sessions</legend>
          {FILTERS.map((name) => (
            <label class="chip" key={name}>
              <input
                type="radio"
                name="status"
                class="unseen"
                checked={status === name}
                onChange={() => {
                  setStatus(name);
                  reset();
                }}
              />
              <span>{name || "all"}{countText(answer, name)}</span>
            </label>
          ))}
        </fieldset>
      </div>
      <p class="unseen" role="status">
        {answer ? `${count} sessions found` : ""}
      </p>
      {error && <p class="alert bad" role="alert">{error}</p>}
      <div
        class="rows"
        ref={box}
        onScroll={({ currentTarget }) => setTop(currentTarget.scrollTop)}
        onKeyDown={move}
      >
        {answer && count === 0 &&
          (
            <p class="empty">
              {search || status
                ? "No session is like this"
                : 'No session yet: orc start "TASK"'}
            </p>
          )}
        <ul style={{ height: `${count * ROW_PIXELS}px` }}>
          {shown.map((at) => (
            <li
              key={at}
              data-row={at}
              aria-setsize={count}
              aria-posinset={at + 1}
              style={{ top: `${at * ROW_PIXELS}px` }}
            >
              <Row line={rows.get(at)} selected={selected} />
            </li>
          ))}
        </ul>
      </div>
      {answer && answer.unread > 0 &&
        <p class="note" role="status">Reading {answer.unread} more…</p>}
    </nav>
  );
}

function countText(answer: ListAnswer | undefined, name: string): string {
  if (answer === undefined) return "";
  const counts: Readonly<Record<string, number>> = answer.counts;
  const sum = Object.values(counts).reduce((all, one) => all + one, 0);
  const count = name === ""
    ? sum
    : name === "waiting"
    ? answer.waiting
    : counts[name] ?? 0;
  return ` ${count.toLocaleString("en")}`;
}

function Row(
  { line, selected }: {
    line: ListedSession | undefined;
    selected: string | undefined;
  },
): JSX.Element {
  if (line === undefined) return <span class="row">…</span>;
  const { id, name, task, status, phaseId, progress, updatedAt, waiting } =
    line;
  const isSelected = id === selected;
  return (
    <a
      class="row"
      href={`#/s/${id}`}
      aria-current={isSelected ? "page" : undefined}
    >
      <span class="title">
        <Sign status={status ?? "damaged"} />
        <span class="text">{name ?? task ?? id}</span>
        {waiting > 0 && <Badge tone="warn">waits</Badge>}
      </span>
      <span class="facts">
        <span class="where">
          {line.problem ??
            (status === "active" ? phaseId : wordsOf(status ?? "damaged"))}
        </span>
        {progress && (
          <span>{progress.completed + progress.skipped}/{progress.total}</span>
        )}
        {line.agent && <span class="agent">{line.agent.split(":")[0]}</span>}
        <span class="right">
          <Ago at={updatedAt} />
        </span>
      </span>
    </a>
  );
}
