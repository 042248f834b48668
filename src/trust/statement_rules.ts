/** What an approver signs: which act it is, in which session, after what, and what they saw. */
import { asObject, type JsonObject, jsonObject, textAt } from "../base/json.ts";
import { canonicalJson } from "../base/json_print.ts";
import type { Event } from "../workflow/types.ts";

/** What a signature is for, so that none made for something else counts: `-n` of `ssh-keygen -Y sign`. */
export const NAMESPACE = "orc";

/** Of what acts are part. */
export interface Occasion {
  /** Id of the session. */
  readonly session: string;
  /** SHA-256 of the workflow that it pinned, in its canonical form. */
  readonly definition: string;
  /** Head of the chain of events when the human was asked; null where there was no chain yet. */
  readonly after: string | null;
  /** When it was signed: an instant in UTC. */
  readonly at: string;
}

/** A signature as events keep it, with what of the statement they do not say themselves. */
export interface Signature extends Pick<Occasion, "after" | "at"> {
  /** The commit of the base branch in which the approvers were looked up. */
  readonly approvers: string;
  /** Who signed, as that file calls them. */
  readonly principal: string;
  /** As `ssh-keygen -Y sign` prints it. */
  readonly text: string;
}

/** What an event says, be it new or from a log. */
type Told = Omit<Event, "type"> & { readonly type: string };

/**
 * The statement about the acts of one update: those of its events that a human stands for, whole but for
 * the signature itself. What was shown, the tree, the reason and the notes are among their details.
 */
export function statementOf(
  { session, definition, after, at }: Occasion,
  events: readonly Told[],
): string {
  const acts = events.filter(({ actor }) => actor === "human").map((act) =>
    jsonObject({
      event_type: act.type,
      phase_id: act.phaseId,
      item_id: act.itemId,
      message: act.message,
      details: new Map(
        [...act.details].filter(([key]) => key !== "signature"),
      ),
    })
  );
  const statement = jsonObject({
    statement: "approval of orc 1",
    session,
    definition,
    after,
    at,
    acts,
  });
  return `${canonicalJson(statement)}\n`;
}

export function encodeSignature(signature: Signature): JsonObject {
  return jsonObject({ ...signature });
}

/** Reads the signature in an event; undefined where there is none, or one of another form. */
export function signatureIn(
  { details }: Pick<Event, "details">,
): Signature | undefined {
  const object = asObject(details.get("signature"));
  if (object === undefined) return undefined;
  const [at, approvers, principal, text] = [
    "at",
    "approvers",
    "principal",
    "text",
  ].map((key) => textAt(object, key));
  if (!at || !approvers || !principal || !text) return undefined;
  return { at, approvers, principal, text, after: textAt(object, "after") };
}

/** Whether each line of a file of approvers names a key that {@linkcode keysIn} reads, and none an authority. */
export function namesOnlyKeys(approvers: string): boolean {
  const lines = approvers.split("\n").filter((line) =>
    !/^\s*(?:#|$)/.test(line)
  );
  return keysIn(approvers).length === lines.length;
}

/** Public keys in a file of approvers, such as `ssh-ed25519 AAAA…`, in their order; no authorities. */
export function keysIn(approvers: string): readonly string[] {
  return approvers.split("\n").flatMap((line) => {
    if (/^\s*(?:#|$)/.test(line) || /[\s,]cert-authority[\s,]/.test(line)) {
      return [];
    }
    const [, key] = KEY.exec(line) ?? [];
    return key === undefined ? [] : [key.replace(/\s+/, " ")];
  });
}

/** The kind of a key and the key itself: behind the principals, and options that may hold blanks in quotes. */
const KEY =
  /^\S+\s+(?:(?:[^\s"]|"[^"]*")+\s+)?((?:ssh|ecdsa|sk)-[\w@.-]+\s+[A-Za-z0-9+/]+=*)(?:\s|$)/;

/** Names of which `ssh-keygen` takes one, from what it says about a key: patterns stand for themselves. */
export function principalsIn(output: string): readonly string[] {
  const names = output.split(/[,\n]/).map((name) => name.trim());
  return names.filter((name) => name !== "" && !name.startsWith("!"));
}

/** An instant as `-Overify-time` takes it; in UTC, as the variable TZ has to say. */
export function verifyTime(at: string): string {
  return at.slice(0, 19).replaceAll(/\D/g, "");
}
