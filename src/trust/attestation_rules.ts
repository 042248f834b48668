/*
 * What an attestation says of a session, how it is written, and whether it speaks for the files of a
 * commit. It is made where the session is, and judged where nothing but the commit is.
 */
import { corrupt } from "../base/error.ts";
import { isObjectId } from "../base/ids.ts";
import {
  asObject,
  isJsonList,
  type JsonObject,
  type JsonValue,
  parseUniqueJson,
  textAt,
} from "../base/json.ts";
import { canonicalJson } from "../base/json_print.ts";
import { quoted } from "../base/text.ts";
import { isLasting } from "../engine/check.ts";
import type { BaseRun } from "../engine/receipt.ts";
import { HUMAN_APPROVAL } from "../engine/state.ts";
import { Sha256 } from "../replay/sha256.ts";
import { isManual } from "../workflow/supervision.ts";
import type { Item, SessionStatus, Workflow } from "../workflow/types.ts";
import { finding, type TrustFinding } from "./finding_rules.ts";

/** A command that orc ran, for one item or several. */
export interface AttestedReceipt {
  /** The items it was run for. */
  readonly items: readonly string[];
  /** As it ran, secrets masked. */
  readonly command: string;
  readonly exitCode: number;
  /** Identity of the files it saw; null where it is not known. */
  readonly tree: string | null;
  /** Patterns of the files that it depends on; empty for all. */
  readonly inputs: readonly string[];
  /** How many tests ran, where that could be told. */
  readonly testsRun: number | null;
  /** Of a check that was proved able to fail. */
  readonly proved: AttestedBase | null;
}

/** How a command ended where the change was not. */
export interface AttestedBase {
  /** The commit that it ran on. */
  readonly base: string;
  /** With the tests as they are now. */
  readonly red: BaseRun;
  /** With those of the base. */
  readonly control: BaseRun;
}

/** A human's yes. */
export interface AttestedApproval {
  readonly itemId: string | null;
  /** Set where it is about a phase. */
  readonly phaseId: string | null;
  /** How a human was known: `terminal`, `host`, or `setting`, which is none. */
  readonly origin: string | null;
  /** Name of the account, where it was typed. */
  readonly user: string | null;
  readonly at: string;
  /** Of a signed approval. */
  readonly signature: string | null;
}

/** What is said of a session for others to check. */
export interface Attestation {
  /** When it was made. */
  readonly at: string;
  readonly orcVersion: string;
  /** Id of the session. */
  readonly session: string;
  /** What stands for `{{session_name}}` in its workflow. */
  readonly name: string;
  /** What was to be done; at most 200 characters of it. */
  readonly task: string;
  readonly status: SessionStatus;
  /** Number of the last update. */
  readonly serial: number;
  /** Head of the chain of its events. */
  readonly chain: string;
  /** SHA-256 of the workflow that it followed. */
  readonly definition: string;
  /** The size that the session had last; null where its workflow has none. */
  readonly size: string | null;
  /** Id of the commit that the session began at; null where its workflow has no sizes, or there was none. */
  readonly start: string | null;
  /** Settings of the workflow that something else said than its file. */
  readonly overrides: JsonObject;
  /** Where its working tree lies in git's, such as `packages/api`; empty for the top. */
  readonly directory: string;
  /** Git's id of the whole tree of the commit. */
  readonly tree: string;
  /** Identity of the files in which checks run, as receipts have it. */
  readonly files: string;
  readonly completed: readonly string[];
  readonly skipped: readonly string[];
  readonly receipts: readonly AttestedReceipt[];
  readonly approvals: readonly AttestedApproval[];
  /** By OpenSSH, over all but itself; null without a key. */
  readonly signature: string | null;
}

/** The form that is described here. */
const FORMAT = 1;

/** What a signature is for: one that was made for something else does not fit. */
export const NAMESPACE = "orc-attestation";

/** Nobody has thousands of items. */
export const MAX_ATTESTATION_BYTES = 1024 * 1024;

type Unsigned = Omit<Attestation, "signature">;

/** What is signed: all of an attestation but its signature, in one line without its end. */
export function statementOf(attestation: Unsigned): string {
  return canonicalJson(encodeUnsigned(attestation));
}

/** One line of canonical JSON with its line feed. */
export function encodeAttestation(attestation: Attestation): string {
  const { signature } = attestation;
  const unsigned = encodeUnsigned(attestation);
  return `${
    canonicalJson(
      signature === null
        ? unsigned
        : new Map([...unsigned, ["signature", signature]]),
    )
  }\n`;
}

/** What is empty or null is left out: a note is to stay small. */
function encodeUnsigned(attestation: Unsigned): JsonObject {
  const { files, receipts, approvals, overrides } = attestation;
  const plain = said({
    format: FORMAT,
    at: attestation.at,
    orc: attestation.orcVersion,
    session: attestation.session,
    name: attestation.name,
    task: attestation.task,
    status: attestation.status,
    serial: attestation.serial,
    chain: attestation.chain,
    definition: attestation.definition,
    size: attestation.size,
    start: attestation.start,
    overrides: overrides.size === 0 ? null : overrides,
    directory: attestation.directory,
    tree: attestation.tree,
    files: files === attestation.tree ? null : files,
    completed: attestation.completed,
    skipped: attestation.skipped,
    receipts: receipts.map((receipt) => encodeReceipt(receipt, files)),
    approvals: approvals.map(({ itemId, phaseId, ...approval }) =>
      said({ item: itemId, phase: phaseId, ...approval })
    ),
  });
  return new Map([...plain, ["sha256", hashOf(plain)]]);
}

function encodeReceipt(
  { items, command, exitCode, tree, inputs, testsRun, proved }: AttestedReceipt,
  files: string,
): JsonObject {
  return new Map([
    ...said({ items, command, exit: exitCode, inputs, tests: testsRun }),
    ...proved === null ? [] : [["proved", encodeBase(proved)] as const],
    ...tree === files && inputs.length === 0 ? [] : [["tree", tree] as const],
  ]);
}

function encodeBase({ base, red, control }: AttestedBase): JsonObject {
  return said({ base, red: encodeRun(red), control: encodeRun(control) });
}

function encodeRun({ exitCode, testsRun }: BaseRun): JsonObject {
  return said({ exit: exitCode, tests: testsRun });
}

function said(fields: Readonly<Record<string, JsonValue>>): JsonObject {
  const kept = Object.entries(fields).filter(([, value]) =>
    value !== null && value !== "" &&
    !(Array.isArray(value) && value.length === 0)
  );
  return new Map(kept);
}

function hashOf(object: JsonObject): string {
  const bytes = new TextEncoder().encode(canonicalJson(object));
  return new Sha256().update(bytes).hex();
}

/**
 * Reads an attestation.
 *
 * @throws {OrcError} `invalid_json` or `invalid_attestation` (corrupt)
 */
export function parseAttestation(text: string, source: string): Attestation {
  const object = asObject(parseUniqueJson(text, source));
  const reader = new Reader(object ?? new Map(), source);
  if (object === undefined || !object.has("format")) {
    throw reader.wrong("it is no attestation of orc");
  }
  if (object.get("format") !== FORMAT) {
    throw reader.wrong(
      `its format is ${
        canonicalJson(object.get("format") ?? null)
      }, and this orc reads format ${FORMAT}`,
    );
  }
  const tree = reader.hex("tree");
  const files = object.has("files") ? reader.hex("files") : tree;
  const attestation = {
    at: reader.text("at"),
    orcVersion: reader.text("orc"),
    session: reader.text("session"),
    name: reader.text("name"),
    task: reader.text("task"),
    status: reader.text("status") as SessionStatus,
    serial: reader.count("serial"),
    chain: reader.hex("chain"),
    definition: reader.hex("definition"),
    size: textAt(object, "size"),
    start: object.has("start") ? reader.hex("start") : null,
    overrides: asObject(object.get("overrides")) ?? new Map(),
    directory: textAt(object, "directory") ?? "",
    tree,
    files,
    completed: reader.texts("completed"),
    skipped: reader.texts("skipped"),
    receipts: reader.objects("receipts").map((each) => receiptIn(each, files)),
    approvals: reader.objects("approvals").map(approvalIn),
    signature: textAt(object, "signature"),
  };
  if (encodeAttestation(attestation).trimEnd() !== text.trim()) {
    throw reader.wrong("it is not as orc wrote it");
  }
  return attestation;
}

function receiptIn(reader: Reader, files: string): AttestedReceipt {
  const { object } = reader;
  const inputs = reader.texts("inputs");
  const isSame = !object.has("tree") && inputs.length === 0;
  return {
    items: reader.texts("items"),
    command: reader.text("command"),
    exitCode: reader.count("exit"),
    inputs,
    testsRun: object.has("tests") ? reader.count("tests") : null,
    tree: isSame ? files : textAt(object, "tree"),
    proved: object.has("proved") ? baseIn(reader.member("proved")) : null,
  };
}

function baseIn(reader: Reader): AttestedBase {
  return {
    base: reader.hex("base"),
    red: runIn(reader.member("red")),
    control: runIn(reader.member("control")),
  };
}

function runIn(reader: Reader): BaseRun {
  const hasTests = reader.object.has("tests");
  return {
    exitCode: reader.count("exit"),
    testsRun: hasTests ? reader.count("tests") : null,
  };
}

function approvalIn({ object }: Reader): AttestedApproval {
  return {
    itemId: textAt(object, "item"),
    phaseId: textAt(object, "phase"),
    origin: textAt(object, "origin"),
    user: textAt(object, "user"),
    at: textAt(object, "at") ?? "",
    signature: textAt(object, "signature"),
  };
}

/** Reads members that have to be there, and says which one is not. */
class Reader {
  constructor(readonly object: JsonObject, readonly source: string) {}

  text(name: string): string {
    const value = textAt(this.object, name);
    if (value !== null) return value;
    throw this.wrong(`"${name}" is no text`);
  }

  hex(name: string): string {
    const value = this.text(name);
    if (isObjectId(value)) return value;
    throw this.wrong(`"${name}" is no hash`);
  }

  count(name: string): number {
    const value = this.object.get(name);
    if (Number.isSafeInteger(value) && Number(value) >= 0) return Number(value);
    throw this.wrong(`"${name}" is no whole number`);
  }

  #list(name: string): readonly JsonValue[] {
    const value = this.object.get(name) ?? [];
    if (isJsonList(value)) return value;
    throw this.wrong(`"${name}" is no list`);
  }

  texts(name: string): readonly string[] {
    return this.#list(name).map((value) => {
      if (typeof value === "string") return value;
      throw this.wrong(`"${name}" holds more than texts`);
    });
  }

  objects(name: string): readonly Reader[] {
    return this.#list(name).map((value) => {
      const object = asObject(value);
      if (object !== undefined) return new Reader(object, this.source);
      throw this.wrong(`"${name}" holds more than objects`);
    });
  }

  member(name: string): Reader {
    const object = asObject(this.object.get(name) ?? null);
    if (object !== undefined) return new Reader(object, this.source);
    throw this.wrong(`"${name}" is no object`);
  }

  wrong(reason: string): Error {
    return corrupt(
      "invalid_attestation",
      `The attestation in ${this.source} cannot be used: ${reason}`,
      { hint: "make it anew, where the session is: orc attest" },
    );
  }
}

/** What an attestation has to answer to. */
export interface Standard {
  /** What the commit says is the workflow. */
  readonly workflow: Workflow;
  /** What identifies the files of the commit, or those that patterns mean; undefined where it is about others. */
  readonly idOf: ((inputs: readonly string[]) => string | null) | undefined;
}

/** What speaks against an attestation, once it is known to be about the right files. */
export function judgeAttestation(
  attestation: Attestation,
  { workflow, idOf }: Standard,
): readonly TrustFinding[] {
  const { status, receipts } = attestation;
  const lasting = new Set(
    workflow.phases.flatMap(({ items }) => items).filter(isLasting)
      .map(({ id }) => id),
  );
  return [
    ...status === "completed" ? [] : [
      status === "abandoned"
        ? finding("session_abandoned", "The session was abandoned")
        : finding("session_open", "The session is not finished"),
    ],
    ...workflow.phases.flatMap(({ id, items, exitGate }) => [
      ...items.flatMap((item) => itemFindings(attestation, item)),
      ...exitGate === HUMAN_APPROVAL
        ? approvalFindings(attestation, "phaseId", id)
        : [],
    ]),
    ...idOf === undefined ? [] : receipts
      .filter(({ items }) => items.some((id) => lasting.has(id)))
      .flatMap((receipt) => receiptFindings(receipt, idOf)),
  ];
}

function itemFindings(
  attestation: Attestation,
  item: Item,
): readonly TrustFinding[] {
  const { id, verification } = item;
  const { completed, skipped, receipts, approvals } = attestation;
  // Only a human skips a gate, by force.
  if (skipped.includes(id) && item.stepType !== "gate") return [];
  if (!completed.includes(id) && !skipped.includes(id)) {
    return item.required
      ? [
        finding("unproven", `Item ${quoted(id)} is required, and not done`, id),
      ]
      : [];
  }
  const isApproved = approvals.some(({ itemId }) => itemId === id);
  if (isManual(item) || isApproved || skipped.includes(id)) {
    return approvalFindings(attestation, "itemId", id);
  }
  if (verification.type !== "command") return [];
  const receipt = receipts.find(({ items }) => items.includes(id));
  const expected = verification.expectExitCode;
  const isGreen = receipt?.exitCode === expected;
  const red = receipt?.proved?.red.exitCode ?? expected;
  if (isGreen && (!verification.prove || red !== expected)) return [];
  const why = receipt === undefined
    ? "no receipt shows that its command ran"
    : isGreen
    ? "its command was not seen to fail on the base"
    : `its command ended with exit code ${receipt.exitCode}, and not with ${expected}`;
  return [finding("unproven", `Item ${quoted(id)} is not shown: ${why}`, id)];
}

function approvalFindings(
  { approvals }: Attestation,
  key: "itemId" | "phaseId",
  id: string,
): readonly TrustFinding[] {
  const approval = approvals.find((each) => each[key] === id);
  const subject = `${key === "itemId" ? "Item" : "Phase"} ${quoted(id)}`;
  const itemId = key === "itemId" ? id : null;
  if (approval === undefined) {
    return [finding("unproven", `${subject} was approved by nobody`, itemId)];
  }
  return approval.origin === "terminal" || approval.origin === "host" ? [] : [
    finding(
      "approved_by_setting",
      `${subject} was approved by a setting, and not by a human`,
      itemId,
    ),
  ];
}

function receiptFindings(
  { items: [itemId = ""], tree, inputs }: AttestedReceipt,
  idOf: NonNullable<Standard["idOf"]>,
): readonly TrustFinding[] {
  if (tree === null) {
    const message = `It is not known which files the check of item ${
      quoted(itemId)
    } saw`;
    return [finding("tree_unknown", message, itemId)];
  }
  if (idOf(inputs) === tree) return [];
  const message = `The check of item ${
    quoted(itemId)
  } saw other files than the commit has`;
  return [finding("stale", message, itemId)];
}
