/** Packs that are damaged, or made to do harm: each is refused with a sentence, and hides no other session. */
import { gzipSync } from "node:zlib";
import {
  encodeEnd,
  encodeIndex,
  END_BYTES,
  isPackable,
  PACK_BLOCK_BYTES,
  type PackedFile,
} from "../../src/session/pack/format.ts";
import { OrcError } from "../../src/base/error.ts";
import { packOf } from "../../src/session/pack/door.ts";
import { sha256Hex } from "../../src/base/checksum.ts";
import { pickerOf } from "../base/random.ts";
import { readTree, refusalOf } from "../files/temporary.ts";
import { eachEvent } from "../../src/session/kept/each.ts";
import { eventOf, SESSION_ID, type StoredFixture } from "./fixtures.ts";
import { closed, filesIn, pack, unpack } from "./packed.ts";
import { assert, assertEquals, assertMatch } from "@std/assert";

/** A session that is packed, and lies in a repository with another one. */
function packedTest(
  name: string,
  run: (fixture: StoredFixture, bytes: Uint8Array) => Promise<void>,
): void {
  Deno.test(name, () =>
    closed(async (fixture) => {
      const { store, paths } = fixture;
      const { state } = await store.read(SESSION_ID);
      const decision = { state, events: [eventOf("workflow_started", null)] };
      const localTime = "2026-03-01T11:00:00.000";
      await store.create({ id: OTHER, decision, localTime });
      await pack(fixture);
      await run(fixture, Deno.readFileSync(paths.packed));
    }));
}

const OTHER = "01kjtest00000000000000zzzz";

/** All that is read of a session, or why it is not. */
async function readAll({ store }: StoredFixture): Promise<unknown> {
  const session = await store.read(SESSION_ID);
  const events = await Array.fromAsync(eachEvent(store, session));
  const problems: string[] = [];
  const checkpoints = await Array.fromAsync(
    (await store.checkpoints(SESSION_ID)).all(problems),
  );
  const refusal = problems.length > 0 ? problems[0] : null;
  return [session, events, checkpoints, await store.meta(SESSION_ID), refusal];
}

async function outcomeOf(run: () => Promise<unknown>): Promise<unknown> {
  try {
    return await run();
  } catch (error) {
    if (!(error instanceof OrcError)) throw error;
    assertEquals(error.kind, "corrupt");
    assertMatch(error.message, /^(?:Cannot read|")[^\n]*[^.\n]$/);
    return error.code;
  }
}

/** It is refused, or makes no difference; and is there as it was. */
async function assertHarmless(
  fixture: StoredFixture,
  bytes: Uint8Array,
  whole: { readonly told: unknown; readonly files: unknown },
): Promise<string> {
  const { paths: { directory, packed }, store } = fixture;
  Deno.writeFileSync(packed, bytes);
  const before = filesIn(directory);
  const told = await outcomeOf(() => readAll(fixture));
  if (typeof told !== "string" && !isRefused(told)) {
    assertEquals(told, whole.told);
  }
  const list = await store.list();
  assertEquals(list.map(({ id }) => id), [SESSION_ID, OTHER]);
  assertEquals(list[1]?.problem, null);
  const end = await outcomeOf(() => unpack(fixture).then(() => "unpacked"));
  if (end === "unpacked") {
    assertEquals(filesIn(directory), whole.files);
    await pack(fixture);
  } else assertEquals(filesIn(directory), before);
  return String(end);
}

function isRefused(told: unknown): boolean {
  return Array.isArray(told) && told[4] !== null;
}

async function wholeOf(fixture: StoredFixture) {
  const told = await readAll(fixture);
  await unpack(fixture);
  const files = filesIn(fixture.paths.directory);
  await pack(fixture);
  return { told, files };
}

packedTest("a pack that is cut anywhere is refused", async (fixture, bytes) => {
  const whole = await wholeOf(fixture);
  const random = pickerOf(1);
  const places = Array.from({ length: 40 }, () => random(bytes.length));
  for (const end of [0, 1, bytes.length - END_BYTES, ...places]) {
    const left = await assertHarmless(fixture, bytes.slice(0, end), whole);
    assertEquals(left, "pack_damaged", `cut at ${end}`);
  }
});

packedTest(
  "a pack with a flipped bit is refused, or reads the same",
  async (fixture, bytes) => {
    const whole = await wholeOf(fixture);
    const random = pickerOf(2);
    let refusals = 0;
    for (let count = 0; count < 150; count++) {
      const at = random(bytes.length);
      const bit = 1 << random(8);
      const changed = bytes.with(at, (bytes[at] ?? 0) ^ bit);
      const end = await assertHarmless(fixture, changed, whole);
      if (end !== "unpacked") refusals++;
    }
    // Of the header of gzip, some bits say nothing.
    assert(refusals > 120, `only ${refusals} were refused`);
  },
);

/** A file as a pack has it, with what is to be said of it instead of the truth. */
interface Forged extends Partial<PackedFile> {
  readonly content: Uint8Array;
}

async function forged(
  files: readonly Forged[],
  directories: readonly string[] = [],
  { gap = [], ...end }: {
    readonly textBytes?: number;
    readonly gap?: readonly number[];
  } = {},
): Promise<Uint8Array> {
  const blocks = files.map(({ content }) => new Uint8Array(gzipSync(content)));
  const entries = await Promise.all(files.map(async (file, number) => ({
    name: "state.json",
    sizeBytes: file.content.length,
    mode: 0o644,
    mtimeMs: 0,
    sha256: await sha256Hex(file.content),
    blocks: [blocks[number]?.length ?? 0],
    ...file,
  })));
  const text = new TextEncoder().encode(
    encodeIndex({ files: entries, directories }),
  );
  const index = new Uint8Array(gzipSync(text));
  const last = encodeEnd({
    indexBytes: index.length,
    textBytes: text.length,
    ...end,
  });
  const between = new Uint8Array(gap);
  const parts = [...blocks, between, index, new TextEncoder().encode(last)];
  return new Uint8Array(await new Blob(parts).arrayBuffer());
}

const SMALL = new TextEncoder().encode("{}\n");
/** Gigabytes would do no other thing, and take longer to make. */
const LARGE = new Uint8Array(64 * 1024 * 1024);

/** A state, and a file of another name. */
function named(
  name: string,
  directories: readonly string[] = [],
): Promise<Uint8Array> {
  return forged([{ content: SMALL }, { content: SMALL, name }], directories);
}

const FORGERIES: Readonly<Record<string, () => Promise<Uint8Array>>> = {
  "a file above": () => named("../x", [".."]),
  "an absolute file": () => named("/tmp/x"),
  "a file on another drive": () => named("C:x"),
  "a file behind a backslash": () => named("..\\x"),
  "a file without a name": () => named(""),
  "the lock": () => named("lock"),
  "the pack itself": () => named("session.pack"),
  "a file twice": () => forged([{ content: SMALL }, { content: SMALL }]),
  "a file as a directory": () =>
    forged([{ content: SMALL }, { content: SMALL, name: "state.json/x" }]),
  "a directory that is also a file": () =>
    forged([{ content: SMALL }], ["state.json"]),
  "a directory above": () => forged([{ content: SMALL }], ["../y"]),
  "a size that is too small": () => forged([{ content: SMALL, sizeBytes: 1 }]),
  "a size that is too large": () =>
    forged([{ content: SMALL, sizeBytes: PACK_BLOCK_BYTES * 9 }]),
  "a block that gives less than it says": () =>
    forged([{ content: SMALL, sizeBytes: 100 }]),
  "bytes that no file has": () =>
    forged([{ content: SMALL }], [], { gap: [0] }),
  "no block": () => forged([{ content: SMALL, blocks: [] }]),
  "a block too many": () => forged([{ content: SMALL, blocks: [23, 0] }]),
  "a block of other bytes": () => forged([{ content: SMALL, blocks: [22] }]),
  "a set-uid bit": () => forged([{ content: SMALL, mode: 0o4755 }]),
  "a block that gives more than it says": () =>
    forged([{ content: LARGE, sizeBytes: 1000 }]),
  "an index that gives more than it says": () =>
    forged([{ content: SMALL, name: "x".repeat(100) }], [], { textBytes: 50 }),
  "an index that says more than it gives": () =>
    forged([{ content: SMALL }], [], { textBytes: 60_000_000 }),
  "an index without an end": () =>
    forged([{ content: SMALL }], [], { textBytes: 9_999_999_999 }),
  "no state": () => forged([{ content: SMALL, name: "log.jsonl" }]),
};

for (const [what, make] of Object.entries(FORGERIES)) {
  packedTest(
    `a pack with ${what} is refused, and nothing is written`,
    async (fixture) => {
      const { layout, paths, store } = fixture;
      Deno.writeFileSync(paths.packed, await make());
      const before = readTree(layout.root);
      const beforeBytes = Deno.memoryUsage().rss;
      for (const act of [() => unpack(fixture), () => store.read(SESSION_ID)]) {
        const { kind, code, hint } = await refusalOf(act);
        assertEquals(`${kind} ${code}`, "corrupt pack_damaged");
        assert(hint !== undefined);
      }
      assert(Deno.memoryUsage().rss - beforeBytes < 100_000_000);
      assertEquals(readTree(layout.root), before);
      const list = await store.list();
      assertEquals(list.map(({ problem }) => problem !== null), [true, false]);
    },
  );
}

packedTest(
  "a pack with other content than its hash says is not unpacked",
  async (fixture) => {
    const { layout, paths: { packed } } = fixture;
    const bytes = await forged([{ content: SMALL, sha256: "0".repeat(64) }]);
    Deno.writeFileSync(packed, bytes);
    const before = readTree(layout.root);
    const { code } = await refusalOf(() => unpack(fixture));
    assertEquals(code, "pack_damaged");
    assertEquals(readTree(layout.root), before);
  },
);

packedTest(
  "a pack of a newer orc is refused as one",
  async (fixture, bytes) => {
    const { layout, paths: { packed } } = fixture;
    const newer = new TextEncoder().encode("orc-pack 002");
    bytes.set(newer, bytes.length - END_BYTES);
    Deno.writeFileSync(packed, bytes);
    const { code, message, hint } = await refusalOf(() => unpack(fixture));
    assertEquals(code, "newer_format");
    assertEquals(
      message,
      `"${packed}" was packed by a newer orc (format 2, this one knows 1)`,
    );
    assertEquals(hint, "update orc; nothing was changed");
    assert(Deno.statSync(packed).isFile);
    const looking = () => packOf(layout.root, SESSION_ID);
    assertEquals((await refusalOf(looking)).code, "newer_format");
  },
);

Deno.test("isPackable() takes what lies in the directory of a session", () => {
  for (const name of ["state.json", "outputs/0a.txt", "a b/c/größer.x", ".x"]) {
    assertEquals(isPackable(name), true, name);
  }
  const odd = ["", ".", "..", "a//b", "a/", "/a", "a/../b", "a\nb", "a:b"];
  for (const name of [...odd, "a/b/c/d/e/f/g/h/i", "x".repeat(300)]) {
    assertEquals(isPackable(name), false, name);
  }
});
