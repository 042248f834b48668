/** Snapshots that somebody made to do harm, or that a disk or a line cut. */
import { importSnapshot } from "../../src/snapshot/import.ts";
import { exportSnapshot } from "../../src/snapshot/export.ts";
import { inspectSnapshot } from "../../src/snapshot/inspect.ts";
import { pickerOf } from "../base/random.ts";
import { codeOf, readTree } from "../files/temporary.ts";
import { type Clones, exported, withClones } from "./fixtures.ts";
import { assertEquals, equal } from "@std/assert";
import { packTar, unpackTar } from "modern-tar";

interface Part {
  readonly name: string;
  readonly data: Uint8Array<ArrayBuffer>;
  readonly header?: {
    readonly type?: "symlink" | "link" | "character-device" | "directory";
    readonly linkname?: string;
    readonly mode?: number;
    readonly size?: number;
  };
}

async function through(
  bytes: Uint8Array<ArrayBuffer>,
  transform: ReadableWritablePair<Uint8Array, BufferSource>,
): Promise<Uint8Array<ArrayBuffer>> {
  const stream = new Blob([bytes]).stream().pipeThrough(transform);
  return new Uint8Array(await new Response(stream).arrayBuffer());
}

/**
 * Whether a file still stands for the same bytes. A run of zeros may be copied from more than one
 * place, so that some bits of gzip make no difference.
 */
async function meansTheSame(
  changed: Uint8Array<ArrayBuffer>,
  archive: Uint8Array,
): Promise<boolean> {
  try {
    const bytes = await through(changed, new DecompressionStream("gzip"));
    return equal(bytes, archive);
  } catch {
    return false;
  }
}

async function partsOf(file: string): Promise<Part[]> {
  const zipped = Deno.readFileSync(file);
  const archive = await through(zipped, new DecompressionStream("gzip"));
  const entries = await unpackTar(archive, { strict: true });
  return entries.map(({ header, data }) => ({
    name: header.name,
    data: data ?? new Uint8Array(),
  }));
}

async function write(
  file: string,
  parts: readonly Part[],
  behind = 0,
): Promise<void> {
  const archive = await packTar(parts.map(({ name, data, header }) => ({
    header: { name, size: data.length, ...header },
    data,
  })));
  const longer = new Uint8Array(archive.length + behind);
  longer.set(archive);
  if (behind > 0) longer.fill(7, archive.length);
  Deno.writeFileSync(
    file,
    await through(longer, new CompressionStream("gzip")),
  );
}

const NOTHING = new TextEncoder().encode("evil");

/** What is made of the parts of a whole snapshot; the session's directory in it is handed in. */
type Forgery = (parts: readonly Part[], session: string) => readonly Part[];

function adding(
  name: (session: string) => string,
  header: Part["header"] = {},
): Forgery {
  return (parts, session) => [
    ...parts.slice(0, -1),
    {
      name: name(session),
      data: header.type ? new Uint8Array() : NOTHING,
      header,
    },
    ...parts.slice(-1),
  ];
}

function changing(
  end: string,
  change: (part: Part) => readonly Part[],
): Forgery {
  return (parts) =>
    parts.flatMap((part) => part.name.endsWith(end) ? change(part) : [part]);
}

const FORGERIES: Readonly<Record<string, Forgery>> = {
  "an absolute path": adding(() => "/tmp/evil"),
  "a way out of its directory": adding((session) => `${session}/../../../evil`),
  "a backslash": adding((session) => `${session}\\..\\evil`),
  "a symbolic link": adding((session) => `${session}/outputs`, {
    type: "symlink",
    linkname: "/tmp",
  }),
  "a hard link": adding((session) => `${session}/state.json`, {
    type: "link",
    linkname: "/etc/passwd",
  }),
  "a device": adding((session) => `${session}/log.jsonl`, {
    type: "character-device",
  }),
  "a directory": adding((session) => `${session}/outputs/`, {
    type: "directory",
  }),
  "a name of Windows": adding(() => "sessions/CON/state.json"),
  "a lock": adding((session) => `${session}/lock`),
  "a session that it does not name": adding(() => "sessions/evil/state.json"),
  "a secret": adding(() => "secrets/KEY.age"),
  "set-uid bits": changing(
    "log.jsonl",
    (part) => [{ ...part, header: { mode: 0o4755 } }],
  ),
  "a file twice": changing("log.jsonl", (part) => [part, part]),
  "no manifest": (parts) => parts.slice(0, -1),
  "a wrong hash": changing("log.jsonl", (part) => {
    const data = part.data.slice();
    data[0] = 32;
    return [{ ...part, data }];
  }),
  "a file that nothing vouches for": adding((session) =>
    `${session}/outputs/${"0a".repeat(16)}.txt`
  ),
  "a file less than its manifest says": changing("meta.json", () => []),
  "more behind its manifest": (
    parts,
    session,
  ) => [...parts, {
    name: `${session}/outputs/${"0a".repeat(16)}.txt`,
    data: NOTHING,
  }],
  "no identity": (parts) => parts.slice(1),
  "another order": (
    parts,
  ) => [...parts.slice(1, 2), ...parts.slice(0, 1), ...parts.slice(2)],
};

async function refuses(
  { host, there }: Clones,
  file: string,
  code = "corrupt snapshot_unreadable",
): Promise<void> {
  const before = readTree(there);
  assertEquals(
    await codeOf(() =>
      importSnapshot(host, {
        root: there,
        file,
        keepBoth: true,
        otherRepository: true,
      })
    ),
    code,
  );
  assertEquals(await codeOf(() => inspectSnapshot(host, { file })), code);
  assertEquals(readTree(there), before);
}

/** Makes the other clone one that holds something, so that nothing has to be made first. */
async function prepare(clones: Clones): Promise<string> {
  const { host, here, there } = clones;
  const file = await exported(clones, here);
  await importSnapshot(host, { root: there, file });
  return file;
}

for (const [what, forge] of Object.entries(FORGERIES)) {
  withClones(
    `a snapshot with ${what} is refused without a trace`,
    async (clones) => {
      const file = await prepare(clones);
      const forged = `${clones.directory}/forged.orc`;
      const parts = forge(await partsOf(file), `sessions/${clones.id}`);
      await write(forged, parts);
      await refuses(clones, forged);
    },
  );
}

withClones(
  "a snapshot with junk behind its end is refused, inside of its layers and outside",
  async (clones) => {
    const file = await prepare(clones);
    const forged = `${clones.directory}/forged.orc`;
    await write(forged, await partsOf(file), 1024);
    await refuses(clones, forged);
    const bytes = Deno.readFileSync(file);
    const longer = new Uint8Array(bytes.length + 20);
    longer.set(bytes);
    Deno.writeFileSync(forged, longer.fill(9, bytes.length));
    await refuses(clones, forged);
    const twice = new Uint8Array(bytes.length * 2);
    twice.set(bytes);
    twice.set(bytes, bytes.length);
    Deno.writeFileSync(forged, twice);
    await refuses(clones, forged);
  },
);

withClones(
  "a snapshot that says of a file that it has a terabyte is refused before it is read",
  async (clones) => {
    const file = await prepare(clones);
    const parts = await partsOf(file);
    const archive = await packTar(
      parts.slice(0, 1).map(({ name, data }) => ({
        header: { name, size: data.length },
        data,
      })),
    );
    const header = await packTar([{
      header: { name: `sessions/${clones.id}/log.jsonl`, size: 0 },
      data: new Uint8Array(),
    }]);
    const block = header.slice(0, 512);
    // In octal digits, twelve of them with their end; and the sum over the header anew.
    block.set(new TextEncoder().encode("77777777777\0"), 124);
    block.fill(32, 148, 156);
    const sum = block.reduce((total, byte) => total + byte, 0);
    block.set(
      new TextEncoder().encode(`${sum.toString(8).padStart(6, "0")}\0 `),
      148,
    );
    const whole = new Uint8Array([
      ...archive.slice(0, -1024),
      ...block,
      ...new Uint8Array(4096),
    ]);
    const forged = `${clones.directory}/forged.orc`;
    Deno.writeFileSync(
      forged,
      await through(whole, new CompressionStream("gzip")),
    );
    await refuses(clones, forged, "refused snapshot_too_large");
  },
);

withClones(
  "a few bytes that stand for many are refused at the limit",
  async (clones) => {
    const { host, there, directory, id } = clones;
    const file = await prepare(clones);
    const parts = await partsOf(file);
    // None of them is too large by itself.
    const many = Array.from({ length: 5 }, (_, number) => ({
      name: `sessions/${id}/outputs/${String(number).padStart(32, "0")}.txt`,
      data: new Uint8Array(900_000),
    }));
    const forged = `${directory}/forged.orc`;
    await write(forged, [...parts.slice(0, -1), ...many, ...parts.slice(-1)]);
    const before = readTree(there);
    const maxSize = "1MB";
    assertEquals(
      await codeOf(() =>
        importSnapshot(host, { root: there, file: forged, maxSize })
      ),
      "refused snapshot_too_large",
    );
    assertEquals(
      await codeOf(() => inspectSnapshot(host, { file: forged, maxSize })),
      "refused snapshot_too_large",
    );
    assertEquals(readTree(there), before);
  },
);

for (const passphrase of [undefined, "open sesame"]) {
  const kind = passphrase === undefined ? "plain" : "encrypted";
  withClones(
    `a ${kind} snapshot that is cut or changed at any place is refused`,
    async (clones) => {
      const { host, here, there, directory } = clones;
      await prepare(clones);
      const file = `${directory}/${kind}.orc`;
      const lock = passphrase === undefined ? { plain: true } : { passphrase };
      await exportSnapshot(host, { root: here, file, ...lock });
      const bytes = Deno.readFileSync(file);
      const archive = passphrase === undefined &&
        await through(bytes, new DecompressionStream("gzip"));
      const before = readTree(there);
      const pick = pickerOf(7);
      const cut = `${directory}/cut.orc`;
      const codes = new Set<string>();
      const key = passphrase === undefined ? {} : { passphrase };
      for (let count = 0; count < 24; count++) {
        const at = count < 2 ? bytes.length - 1 - count : pick(bytes.length);
        Deno.writeFileSync(cut, bytes.subarray(0, at));
        codes.add(
          await codeOf(() =>
            importSnapshot(host, { root: there, file: cut, ...key })
          ),
        );
        let changed: typeof bytes;
        do {
          changed = bytes.slice();
          // The first ten bytes are the header of gzip, whose time and system say nothing.
          const place = 10 + pick(bytes.length - 10);
          changed[place] = (changed[place] ?? 0) ^ 0x10;
        } while (archive && await meansTheSame(changed, archive));
        Deno.writeFileSync(cut, changed);
        codes.add(
          await codeOf(() =>
            importSnapshot(host, { root: there, file: cut, ...key })
          ),
        );
      }
      assertEquals([...codes], ["corrupt snapshot_unreadable"]);
      assertEquals(readTree(there), before);
    },
  );
}
