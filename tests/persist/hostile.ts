/** Copies that orc did not make: whoever may write to a remote can put any tree of git there. */
import { checksumOf } from "../../src/base/checksum.ts";
import { asObject, parseJson } from "../../src/base/json.ts";
import { contentOf } from "../../src/persist/capture.ts";
import { git } from "./clones.ts";

/** An entry of a tree, as bytes: git itself makes no such trees. */
export interface RawEntry {
  readonly mode: string;
  readonly name: string;
  readonly id: string;
}

export const FILE = "100644";
export const DIRECTORY = "40000";

/** A bare repository whose owner is not to be trusted. */
export class HostileRemote {
  constructor(readonly bare: string) {}

  async #write(
    kind: "blob" | "tree",
    bytes: Uint8Array<ArrayBuffer>,
  ): Promise<string> {
    const args = ["hash-object", "-t", kind, "-w", "--stdin", "--literally"];
    const options = { stdin: "piped", stdout: "piped" } as const;
    const child = new Deno.Command("git", { args, cwd: this.bare, ...options })
      .spawn();
    const writer = child.stdin.getWriter();
    await writer.write(bytes);
    await writer.close();
    return new TextDecoder().decode((await child.output()).stdout).trim();
  }

  blob(content: string | Uint8Array<ArrayBuffer>): Promise<string> {
    const bytes = typeof content === "string"
      ? new TextEncoder().encode(content)
      : content;
    return this.#write("blob", bytes);
  }

  tree(entries: readonly RawEntry[]): Promise<string> {
    const pieces = entries.flatMap(({ mode, name, id }) => [
      new TextEncoder().encode(`${mode} ${name}\0`),
      Uint8Array.fromHex(id),
    ]);
    return this.#write("tree", joined(pieces));
  }

  async entries(tree: string): Promise<RawEntry[]> {
    const text = await git(this.bare, "ls-tree", tree);
    return text.split("\n").filter(Boolean).map((line) => {
      const [facts = "", name = ""] = line.split("\t");
      const [mode = "", , id = ""] = facts.split(" ");
      return { mode: mode === "040000" ? DIRECTORY : mode, name, id };
    });
  }

  text(name: string): Promise<string> {
    return git(this.bare, "cat-file", "blob", name);
  }

  /** Lets a reference lead to a tree. */
  async put(ref: string, tree: string): Promise<void> {
    const args = ["commit-tree", tree, "-m", "hostile"];
    const commit = (await git(this.bare, ...args)).trim();
    await git(this.bare, "update-ref", ref, commit);
  }

  /** The files of a copy with others in their places, and a label that fits them. */
  async signed(
    tree: string,
    changed: Readonly<Record<string, string>>,
    label: Readonly<Record<string, unknown>> = {},
  ): Promise<RawEntry[]> {
    const entries = await this.entries(tree);
    const files = new Map<string, Uint8Array>();
    const all: RawEntry[] = [];
    for (const entry of entries) {
      if (entry.name === "copy.json") continue;
      const text = changed[entry.name] ?? await this.text(entry.id);
      files.set(entry.name, new TextEncoder().encode(text));
      all.push({ ...entry, id: await this.blob(text) });
    }
    const known = await this.text(`${tree}:copy.json`);
    const object = new Map(asObject(parseJson(known, "copy.json")));
    const own = {
      ...Object.fromEntries(object),
      content: await contentOf(files),
      ...label,
    };
    const id = await this.blob(JSON.stringify(own));
    return [{ mode: FILE, name: "copy.json", id }, ...all];
  }
}

/** A state with another text in it, and the checksum that fits it: anybody can count that. */
export async function resigned(
  state: string,
  [from, to]: readonly [string, string],
): Promise<string> {
  const changed = state.replaceAll(from, to);
  const object = new Map(asObject(parseJson(changed, "state.json")));
  const checksum = await checksumOf(object);
  return changed.replace(
    /"_checksum": "[0-9a-f]+"/,
    `"_checksum": "${checksum}"`,
  );
}

function joined(pieces: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  const all = new Uint8Array(
    pieces.reduce((sum, { length }) => sum + length, 0),
  );
  let at = 0;
  for (const piece of pieces) {
    all.set(piece, at);
    at += piece.length;
  }
  return all;
}
