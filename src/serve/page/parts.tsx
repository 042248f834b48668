/** @jsxImportSource preact */
/// <reference lib="dom" />
/// <reference lib="dom.iterable" />
/** What all parts of the page are made of. */
import type { ComponentChildren, JSX } from "preact";
import { useEffect, useRef, useState } from "preact/hooks";
import { ask } from "./data.ts";

const SIGNS: Readonly<Record<string, readonly [sign: string, tone: string]>> = {
  completed: ["✓", "good"],
  approved: ["✓", "good"],
  active: ["●", "busy"],
  in_progress: ["●", "busy"],
  failed: ["✗", "bad"],
  damaged: ["✗", "bad"],
  skipped: ["↷", "dim"],
  abandoned: ["↷", "dim"],
  pending: ["○", "dim"],
};

/** How far something is, as a sign with its word for who cannot see it. */
export function Sign({ status }: { status: string }): JSX.Element {
  const [sign, tone] = SIGNS[status] ?? ["○", "dim"];
  return (
    <span class={`sign ${tone}`}>
      <span aria-hidden="true">{sign}</span>
      <span class="unseen">{wordsOf(status)}:</span>
    </span>
  );
}

export function Badge(
  { tone = "", children }: { tone?: string; children: ComponentChildren },
): JSX.Element {
  return <span class={`badge ${tone}`}>{children}</span>;
}

/** `in_progress` for people. */
export function wordsOf(name: string): string {
  return name.replaceAll("_", " ");
}

export function StatusBadge(
  { status }: { status: string | null },
): JSX.Element {
  const word = status ?? "damaged";
  return <Badge tone={SIGNS[word]?.[1] ?? ""}>{wordsOf(word)}</Badge>;
}

const SECONDS: readonly (readonly [seconds: number, unit: string])[] = [
  [86_400, "d"],
  [3600, "h"],
  [60, "min"],
];

export function durationText(seconds: number): string {
  const [size, unit] = SECONDS.find(([size]) => seconds >= size) ?? [1, "s"];
  const whole = Math.floor(seconds / size);
  const rest = size === 3600 ? Math.floor((seconds % 3600) / 60) : 0;
  return rest > 0 ? `${whole} h ${rest} min` : `${whole} ${unit}`;
}

/** How long ago, by the clock of whoever looks. */
export function Ago({ at }: { at: string | null }): JSX.Element | null {
  const [, tick] = useState(0);
  useEffect(() => {
    const timer = setInterval(() => tick((count) => count + 1), 20_000);
    return () => clearInterval(timer);
  }, []);
  const ms = Date.parse(at ?? "");
  if (Number.isNaN(ms)) return null;
  const seconds = Math.max(0, (Date.now() - ms) / 1000);
  const text = seconds < 10 ? "now" : `${durationText(seconds)} ago`;
  return (
    <time dateTime={at ?? ""} title={new Date(ms).toLocaleString()}>
      {text}
    </time>
  );
}

/** A command to be typed elsewhere, and what copies it. */
export function Command(
  { text, label }: { text: string; label: string },
): JSX.Element {
  const code = useRef<HTMLElement>(null);
  const [said, setSaid] = useState("");
  const copy = async (): Promise<void> => {
    try {
      await navigator.clipboard.writeText(text);
      setSaid("Copied");
    } catch {
      // Where the browser forbids it, one key is left to be pressed.
      if (code.current) getSelection()?.selectAllChildren(code.current);
      setSaid("Selected: copy it");
    }
    setTimeout(() => setSaid(""), 2500);
  };
  return (
    <div class="command">
      <code ref={code} tabIndex={0} role="region" aria-label={label}>
        {text}
      </code>
      <button type="button" onClick={copy} aria-label={`Copy: ${label}`}>
        {said || "Copy"}
      </button>
      <span class="unseen" role="status">{said}</span>
    </div>
  );
}

/** What a check printed, fetched when somebody opens it. */
export function Output(
  { session, output, label }: {
    session: string;
    output: string;
    label: string;
  },
): JSX.Element {
  const [text, setText] = useState<string>();
  const load = async (event: Event): Promise<void> => {
    if (
      !(event.currentTarget as HTMLDetailsElement).open || text !== undefined
    ) return;
    const path = `/api/sessions/${session}/output?name=${
      encodeURIComponent(output)
    }`;
    const answer = await ask<{ text: string }>(path)
      .catch(({ message }) => ({ text: message }));
    setText(answer.text);
  };
  return (
    <details class="output" onToggle={load}>
      <summary>Output</summary>
      <pre tabIndex={0} role="region" aria-label={label}>{text ?? "…"}</pre>
    </details>
  );
}

export function Progress(
  { done, total, label }: { done: number; total: number; label: string },
): JSX.Element {
  return <progress max={Math.max(total, 1)} value={done} aria-label={label} />;
}
