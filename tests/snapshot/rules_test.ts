import {
  checkComplete,
  checkHeader,
  checkManifest,
  decodeIdentity,
  encodeIdentity,
  encodeManifest,
  parseSize,
  placeOfFile,
  type SnapshotFile,
  type SnapshotIdentity,
} from "../../src/snapshot/rules.ts";
import { OrcError } from "../../src/base/error.ts";
import { assertEquals, assertThrows } from "@std/assert";

const ID = "01kjtest00000000000000abcd";
const SHA256 = "ab".repeat(32);

const IDENTITY: SnapshotIdentity = {
  orcVersion: "0.1.0",
  exportedAt: "2026-03-01T10:00:00Z",
  machine: null,
  repoId: "0123456789ab",
  gitRemote: "https://example.org/o/shop.git",
  sessions: [{
    id: ID,
    workflowId: "wf_1",
    task: "Add login",
    status: "active",
    serial: 2,
    updatedAt: "2026-03-01T10:00:00Z",
    lastEventId: null,
    stateSha256: SHA256,
  }],
};

function file(path: string): SnapshotFile {
  return { path, sizeBytes: 3, sha256: SHA256 };
}

function filesOf(...paths: readonly string[]): Map<string, SnapshotFile> {
  return new Map(paths.map((path) => [path, file(path)]));
}

Deno.test("decodeIdentity() reads what encodeIdentity() wrote", () => {
  const text = encodeIdentity(IDENTITY);
  assertEquals(decodeIdentity(text, "snapshot.json"), IDENTITY);
});

Deno.test("decodeIdentity() refuses what leads elsewhere, stands twice, or is for a newer orc", () => {
  const text = encodeIdentity(IDENTITY);
  const codeOf = (changed: string): string => {
    const decode = () => decodeIdentity(changed, "snapshot.json");
    const { kind, code } = assertThrows(decode, OrcError);
    return `${kind} ${code}`;
  };
  assertEquals(codeOf(text.replace(ID, "../evil")), "corrupt invalid_state");
  assertEquals(
    codeOf(text.replace('"format": 1', '"format": 2')),
    "corrupt newer_format",
  );
  const [session] = IDENTITY.sessions;
  const twice = { ...IDENTITY, sessions: session ? [session, session] : [] };
  assertEquals(codeOf(encodeIdentity(twice)), "corrupt snapshot_unreadable");
});

const PLACES: Readonly<Record<string, string | undefined>> = {
  [`sessions/${ID}/state.json`]: "state",
  [`sessions/${ID}/log.jsonl`]: "log",
  [`sessions/${ID}/meta.json`]: "meta",
  [`sessions/${ID}/feedback/tool.jsonl`]: "feedback",
  [`sessions/${ID}/feedback/process.jsonl`]: "feedback",
  [`sessions/${ID}/checkpoints/cp_2026.json`]: "checkpoint",
  [`sessions/${ID}/outputs/${"0a".repeat(16)}.txt`]: "output",
  [`sessions/${ID}/outputs/${"0a".repeat(16)}.pending`]: undefined,
  [`sessions/${ID}/outputs/x/${"0a".repeat(16)}.txt`]: undefined,
  [`sessions/${ID}/checkpoints/../state.json`]: undefined,
  [`sessions/${ID}/lock`]: undefined,
  [`sessions/${ID}/state.json.${"0".repeat(32)}.tmp`]: undefined,
  [`sessions/${ID}/arriving/state.json`]: undefined,
  [`/sessions/${ID}/state.json`]: undefined,
  [`sessions/${ID}\\state.json`]: undefined,
  [`sessions//${ID}/state.json`]: undefined,
  [`sessions/../sessions/${ID}/state.json`]: undefined,
  "sessions/con/state.json": undefined,
  "sessions/CON/state.json": undefined,
  "secrets/KEY.age": undefined,
  "current": undefined,
  "meta.json": undefined,
  "bindings/0a.json": undefined,
};

for (const [name, role] of Object.entries(PLACES)) {
  Deno.test(`placeOfFile() of ${name}: ${role ?? "none"}`, () => {
    assertEquals(placeOfFile(name)?.role, role);
  });
}

Deno.test("checkHeader() takes regular files of a fitting size, and nothing else", () => {
  const name = `sessions/${ID}/state.json`;
  assertEquals(checkHeader({ name, size: 3, mode: 0o644 }).session, ID);
  for (
    const changes of [
      { type: "symlink" },
      { type: "character-device" },
      { type: "directory" },
      { linkname: "/etc/passwd" },
      { mode: 0o4755 },
      { size: 2 ** 40 },
      { name: "sessions/x" },
    ]
  ) {
    const check = () => checkHeader({ name, size: 3, ...changes });
    assertThrows(check, OrcError, undefined, JSON.stringify(changes));
  }
  assertEquals(
    checkHeader({ name: `sessions/${ID}/log.jsonl`, size: 2 ** 40 }).role,
    "log",
  );
});

Deno.test("checkManifest() wants the same files, with the same bytes, each once", () => {
  const found = filesOf("a", "b");
  const files = [...found.values()];
  checkManifest(encodeManifest(files), found);
  const [a, b] = [file("a"), file("b")];
  for (
    const listed of [
      [a],
      [a, b, file("c")],
      [a, a, b],
      [a, { ...b, sha256: "00".repeat(32) }],
      [a, { ...b, sizeBytes: 4 }],
    ]
  ) {
    assertThrows(() => checkManifest(encodeManifest(listed), found), OrcError);
  }
});

Deno.test("checkComplete() wants state, log and meta.json of each session", () => {
  const paths = ["state.json", "log.jsonl", "meta.json"]
    .map((name) => `sessions/${ID}/${name}`);
  checkComplete(IDENTITY, filesOf(...paths));
  for (const path of paths) {
    const others = paths.filter((each) => each !== path);
    assertThrows(() => checkComplete(IDENTITY, filesOf(...others)), OrcError);
  }
  const changed = filesOf(...paths);
  const [state = ""] = paths;
  changed.set(state, { ...file(state), sha256: "00".repeat(32) });
  assertThrows(() => checkComplete(IDENTITY, changed), OrcError);
});

Deno.test("parseSize() reads sizes as people type them", () => {
  const sizes = ["50MB", "1.5 gb", "12", "2KiB", "0", "MB", "1e9", "-5", "5XB"];
  assertEquals(sizes.map(parseSize), [
    50_000_000,
    1_500_000_000,
    12,
    2048,
    ...Array(5).fill(undefined),
  ]);
});
