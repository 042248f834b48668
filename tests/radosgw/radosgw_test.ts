/**
 * What orc keeps in a real object gateway: conditions under load, and sessions through the command line.
 * Runs by name alone; a machine without the gateway is told what to install.
 */
import { addressOf } from "../../src/objects/address_rules.ts";
import { type Bucket, openBucket } from "../../src/objects/bucket.ts";
import { tryConditions } from "../../src/objects/conditions.ts";
import { settingsFor } from "../objects/clones.ts";
import { KEYS } from "../objects/server.ts";
import { orcCommand } from "../orc_command.ts";
import { git, withRemote } from "../persist/clones.ts";
import { type Gateway, hasGateway, withGateway } from "./gateway.ts";
import { killIfRunning } from "../parallel/orc_process.ts";
import { assert, assertEquals, assertStringIncludes } from "@std/assert";

async function bucketAt(url: string): Promise<Bucket> {
  const keys = {
    accessKeyId: KEYS.AWS_ACCESS_KEY_ID,
    secretAccessKey: KEYS.AWS_SECRET_ACCESS_KEY,
    sessionToken: undefined,
  };
  return await openBucket(addressOf(url), { keys, region: null });
}

const encode = (text: string) => new TextEncoder().encode(text);

Deno.test({
  name: "a gateway that orc can use, from its conditions to its command line",
  ignore: !hasGateway(),
  fn: (t) => {
    const started = performance.now();
    return withGateway(async (gateway) => {
      say(`started in ${Math.round(performance.now() - started)} ms`);
      await t.step(
        "the probe: both conditions, ETags without quotes",
        () => probe(gateway),
      );
      await t.step("of 16 creators at once one wins", () => creators(gateway));
      await t.step(
        "64 updates by 8 writers: none is lost, none doubled",
        () => writers(gateway),
      );
      await t.step(
        "push, pull, diverged and keep both by the command line",
        () => journey(gateway),
      );
      await t.step(
        "six clones at once, five rounds each",
        () => crowd(gateway),
      );
      await t.step(
        "who is killed leaves the old or the new",
        () => killed(gateway),
      );
      for (const figure of figures) await t.step(figure, () => {});
    });
  },
});

Deno.test({
  name: "s3rver, which keeps to no condition, is refused",
  ignore: Deno.env.get("ORC_S3RVER") === undefined && noS3rver(),
  fn: () => liar(),
});

function noS3rver(): boolean {
  console.log("ORC_S3RVER names no bin/s3rver.js of npm's s3rver 3.7.1");
  return true;
}

/** What was measured: it is shown as steps, since what a test prints is not. */
const figures: string[] = [];

function say(text: string): void {
  figures.push(text);
}

async function probe({ url }: Gateway): Promise<void> {
  const bucket = await bucketAt(url);
  const { creates, replaces, etag, removed } = await tryConditions(
    bucket,
    crypto.randomUUID(),
  );
  assertEquals({ creates, replaces, etag, removed }, {
    ...{ creates: true, replaces: true, etag: "bare", removed: true },
  });
}

async function creators({ url }: Gateway): Promise<void> {
  const bucket = await bucketAt(url);
  const key = `team/race/${crypto.randomUUID()}`;
  const ends = await Promise.all(
    Array.from(
      { length: 16 },
      (_, index) => bucket.put(key, encode(`${index}`), "absent"),
    ),
  );
  const counts = countsOf(ends.map(({ kind }) => kind));
  say(`16 creators: ${JSON.stringify(counts)}`);
  assertEquals(counts.done, 1);
  const winner = ends.findIndex(({ kind }) => kind === "done");
  const stored = await bucket.read(key, 10);
  assertEquals(new TextDecoder().decode(stored?.bytes), `${winner}`);
}

function countsOf(words: readonly string[]): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const word of words) counts[word] = (counts[word] ?? 0) + 1;
  return counts;
}

/** Each writes its own marks; one whose outcome is unknown looks for its mark, as orc does. */
async function writers({ url }: Gateway): Promise<void> {
  const bucket = await bucketAt(url);
  const key = `team/count/${crypto.randomUUID()}`;
  await bucket.add(key, encode(""));
  const kinds: string[] = [];
  let left = 64;
  const write = async () => {
    while (left-- > 0) {
      const mark = crypto.randomUUID();
      for (;;) {
        const now = await bucket.read(key, 100_000);
        assert(now !== undefined);
        const text = new TextDecoder().decode(now.bytes);
        if (text.includes(mark)) break;
        const etag = now.etag.replaceAll('"', "");
        const end = await bucket.put(key, encode(`${text}${mark}\n`), { etag });
        kinds.push(end.kind);
        if (end.kind === "done") break;
        await new Promise((resolve) => setTimeout(resolve, Math.random() * 20));
      }
    }
  };
  const started = performance.now();
  await Promise.all(Array.from({ length: 8 }, write));
  const stored = await bucket.read(key, 100_000);
  const marks = new TextDecoder().decode(stored?.bytes).trim().split("\n");
  const ms = Math.round(performance.now() - started);
  say(
    `64 updates by 8 writers in ${ms} ms: ${JSON.stringify(countsOf(kinds))}`,
  );
  assertEquals([marks.length, new Set(marks).size], [64, 64]);
}

interface Said {
  readonly code: number;
  readonly signal: string | null;
  readonly out: string;
  readonly err: string;
}

/** A clone whose sessions go to the gateway, with a home of its own. */
async function cloneFor(
  { url }: Gateway,
  clone: (name: string) => Promise<string>,
  name: string,
): Promise<(...words: readonly string[]) => Deno.ChildProcess> {
  const root = await clone(name);
  const remote = "https://example.org/team/project.git";
  await git(root, "remote", "set-url", "origin", remote);
  const home = `${root}.home`;
  Deno.mkdirSync(home);
  const info = await new Deno.Command(Deno.execPath(), {
    args: ["info", "--json"],
  }).output();
  const { denoDir } = JSON.parse(new TextDecoder().decode(info.stdout));
  return (...words) => {
    const [program, ...args] = orcCommand();
    return new Deno.Command(program, {
      args: [...args, ...words],
      cwd: root,
      clearEnv: true,
      env: {
        ...settingsFor(url),
        ...{ PATH: Deno.env.get("PATH") ?? "", HOME: home, DENO_DIR: denoDir },
      },
      ...{ stdin: "null", stdout: "piped", stderr: "piped" },
    }).spawn();
  };
}

async function ended(child: Deno.ChildProcess): Promise<Said> {
  const { code, signal, stdout, stderr } = await child.output();
  const decoder = new TextDecoder();
  return {
    ...{ code, signal },
    out: decoder.decode(stdout),
    err: decoder.decode(stderr),
  };
}

async function well(child: Deno.ChildProcess): Promise<string> {
  const { code, out, err } = await ended(child);
  assertEquals(code, 0, err);
  return out;
}

function journey(gateway: Gateway): Promise<void> {
  const own = { ...gateway, url: `${gateway.url}/journey` };
  return withRemote(async ({ clone }) => {
    const a = await cloneFor(own, clone, "a");
    const b = await cloneFor(own, clone, "b");
    const probed = await well(a("persist", "probe"));
    assertStringIncludes(probed, "Only what was seen is replaced");
    await well(a("start", "Add login"));
    assertStringIncludes(await well(a("persist", "push")), "sent at update 1");
    assertStringIncludes(
      await well(b("persist", "pull")),
      "stored at update 1",
    );
    await well(a("note", "From a"));
    await well(a("persist", "push"));
    assertStringIncludes(
      await well(b("persist", "pull")),
      "came up from update 1 to 2",
    );
    await well(a("note", "One way"));
    await well(b("note", "Another way"));
    await well(b("persist", "push"));
    const refused = await ended(a("persist", "push"));
    assertEquals(refused.code, 5);
    assertStringIncludes(refused.err, "went on in two places");
    assertEquals((await ended(a("persist", "pull"))).code, 5);
    assertStringIncludes(
      await well(a("persist", "pull", "--keep-both")),
      "theirs stored as",
    );
    const sent = await well(a("persist", "push"));
    assertEquals(sent.trim().split("\n").length, 2, sent);
    assertStringIncludes(
      await well(a("persist", "status")),
      "2 sessions here and at",
    );
    const nothing = await well(a("persist", "prune", "--yes"));
    assertStringIncludes(nothing, "No copy is old enough");
  });
}

function crowd(gateway: Gateway): Promise<void> {
  const own = { ...gateway, url: `${gateway.url}/crowd` };
  return withRemote(async ({ clone }) => {
    const all = [];
    for (const name of ["a", "b", "c", "d", "e", "f"]) {
      all.push(await cloneFor(own, clone, name));
    }
    await Promise.all(all.map((orc) => well(orc("start", "Task"))));
    const started = performance.now();
    let sent = 0;
    for (let round = 0; round < 5; round++) {
      await Promise.all(all.map(async (orc) => {
        await well(orc("note", `Round ${round}`));
        if (/sent at update/.test(await well(orc("persist", "push")))) sent++;
      }));
    }
    say(`${sent} of 30 in ${Math.round(performance.now() - started)} ms`);
    assertEquals(sent, 30);
    const reader = await cloneFor(own, clone, "reader");
    const pulled = await well(reader("persist", "pull"));
    assertEquals(pulled.match(/stored at update 6/g)?.length, 6, pulled);
  });
}

function killed(gateway: Gateway): Promise<void> {
  const own = { ...gateway, url: `${gateway.url}/killed` };
  return withRemote(async ({ clone }) => {
    const a = await cloneFor(own, clone, "a");
    const b = await cloneFor(own, clone, "b");
    await well(a("start", "Task"));
    await well(a("persist", "push"));
    await well(b("persist", "pull"));
    const serialOf = async (orc: typeof a): Promise<number> =>
      JSON.parse(await well(orc("status", "--json"))).serial;
    // How long one takes here; the later half of it is where it talks to the gateway.
    const began = performance.now();
    await well(a("persist", "push"));
    const wholeMs = performance.now() - began;
    let kills = 0;
    for (let round = 0; round < 16; round++) {
      await well(a("note", `Round ${round}`));
      const [old, next] = [await serialOf(b), await serialOf(a)];
      const child = a("persist", "push");
      const timer = setTimeout(
        () => killIfRunning(child),
        wholeMs * (0.5 + round / 24),
      );
      const { signal } = await ended(child);
      clearTimeout(timer);
      if (signal === "SIGKILL") kills++;
      await well(b("persist", "pull"));
      const found = await serialOf(b);
      assert(found === old || found === next, `${found} is neither`);
      await well(a("persist", "push"));
      await well(b("persist", "pull"));
      assertEquals(await serialOf(b), next);
    }
    say(`${kills} of 16 pushes killed, the old or the new after each`);
    assert(kills >= 4, `only ${kills} were killed`);
    const { code } = await ended(b("verify"));
    assertEquals(code, 3, "a session that is open, and nothing worse");
  });
}

/** Started from where npm put it. */
async function liar(): Promise<void> {
  const program = Deno.env.get("ORC_S3RVER") ?? "";
  const directory = Deno.makeTempDirSync();
  const [port, keys] = [4569 + Math.floor(Math.random() * 1000), "S3RVER"];
  const child = new Deno.Command("node", {
    args: [
      ...[program, "-d", directory, "-a", "127.0.0.1", "-p", `${port}`],
      ...["--silent", "--configure-bucket", "bucket"],
    ],
    ...{ stdin: "null", stdout: "null", stderr: "null" },
  }).spawn();
  try {
    const bucket = await openBucket(
      addressOf(`http://127.0.0.1:${port}/bucket/team`),
      {
        keys: {
          ...{ accessKeyId: keys, secretAccessKey: keys },
          sessionToken: undefined,
        },
        region: null,
      },
    );
    const trial = await tryConditions(bucket, crypto.randomUUID());
    assertEquals([trial.creates, trial.replaces], [false, false]);
  } finally {
    child.kill();
    await child.status;
    Deno.removeSync(directory, { recursive: true });
  }
}
