/** What is told of something that waits for a human, in the forms that others take. */
import { headOf, oneLine } from "../base/markdown.ts";

/** What is told; all of it is text that was said in a session, with secrets masked. */
export interface Message {
  /** `gate_opened`, or `test`. */
  readonly event: "gate_opened" | "test";
  /** Name of the repository's directory. */
  readonly repository: string;
  /** Id of the session; null for a test. */
  readonly session: string | null;
  /** What the session is for. */
  readonly task: string | null;
  readonly phase: string | null;
  /** The item; null for the leaving of a phase. */
  readonly item: string | null;
  /** Name of the item or the phase, for people. */
  readonly name: string;
  /** Who made the last update; null for nobody known. */
  readonly agent: string | null;
  /** Since when it waits, an instant in UTC. */
  readonly since: string | null;
  /** What the human runs; null for a test. */
  readonly command: string | null;
}

/** How a message is spelled. */
export type Format = "json" | "ntfy" | "slack";

/** Who is told: a program gets what is sent on its standard input. */
export type Receiver =
  | { readonly type: "url"; readonly url: string }
  | { readonly type: "program"; readonly text: string };

export function receiverIn(notify: string): Receiver {
  return /^https?:\/\//i.test(notify)
    ? { type: "url", url: notify }
    : { type: "program", text: notify };
}

/** A body of JSON, and where it is posted: ntfy takes it at its root, with the topic in it. */
export interface Post {
  readonly url: string | null;
  readonly body: string;
}

/** Longest text of others in a message. */
const MAX_LENGTH = 300;

export function postOf(
  message: Message,
  format: Format,
  receiver: Receiver,
): Post {
  const url = receiver.type === "url" ? receiver.url : null;
  if (format === "json") return { url, body: JSON.stringify(message) };
  const lines = linesOf(message);
  if (format === "slack") {
    const text = lines.map(slackText).join("\n");
    return { url, body: JSON.stringify({ text }) };
  }
  const [title = "", ...rest] = lines;
  const { at, topic } = topicOf(url);
  const ntfy = {
    topic,
    title,
    message: rest.join("\n"),
    tags: ["raised_hand"],
  };
  return { url: at, body: JSON.stringify(ntfy) };
}

/** Title, task, and what to run. */
function linesOf(
  { name, repository, task, command, event }: Message,
): readonly string[] {
  const line = (text: string) => headOf(oneLine(text), MAX_LENGTH);
  return [
    event === "test"
      ? line(name)
      : `Waiting for you: ${line(name)} (${line(repository)})`,
    ...task === null ? [] : [line(task)],
    ...command === null ? [] : [oneLine(command)],
  ];
}

/** The three signs that Slack gives a meaning. */
function slackText(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;")
    .replaceAll(">", "&gt;");
}

function topicOf(
  url: string | null,
): { readonly at: string | null; readonly topic: string } {
  if (url === null) return { at: null, topic: "orc" };
  const parsed = new URL(url);
  const parts = parsed.pathname.split("/").filter((part) => part !== "");
  const topic = decodeURIComponent(parts.pop() ?? "");
  parsed.pathname = `/${parts.join("/")}`;
  return { at: parsed.href, topic };
}

/** What is said of a receiver: its path may be what lets one in. */
export function receiverText(receiver: Receiver): string {
  return receiver.type === "url"
    ? new URL(receiver.url).host
    : receiver.text.split(/\s+/)[0] ?? "";
}
