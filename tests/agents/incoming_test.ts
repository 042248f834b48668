/** What a session changed, where the work of others came in meanwhile: real repositories, with a server. */
import { inDirectory, type Repository } from "../journey/orc.ts";
import { quickRepository } from "./repository.ts";
import { assert, assertEquals, assertStringIncludes } from "@std/assert";

const WORKFLOW = `
name: Sized
sizes: [xs, m]
size_limits: {xs: {files: 2, lines: 10}}
risk_paths: [db/**]
phases:
  - id: DO
    name: Do
    items:
      - {id: do, name: Do, changes: ["src/**"]}
      - {id: end, name: End, from: m}
`;

const AGENT = { env: { CLAUDECODE: "1" } };

/** Lines, each of its own kind. */
const linesOf = (word: string, count = 50) =>
  Array.from({ length: count }, (_, index) => `${word} ${index}\n`).join("");

interface Places {
  readonly mine: Repository;
  /** Another clone of the same server, and who works there. */
  readonly others: Repository;
  /** Runs git as whoever works here. */
  git(...args: readonly string[]): Promise<string>;
  /** Others commit these files and push them. */
  push(files: Readonly<Record<string, string>>): Promise<void>;
  /** Commits all that lies here. */
  save(files?: Readonly<Record<string, string>>): Promise<void>;
  start(): Promise<void>;
}

async function gitIn(
  { run }: Repository,
  ...args: readonly string[]
): Promise<string> {
  const author = ["-c", "user.name=A", "-c", "user.email=a@example.org"];
  const ended = await run("git", ...author, ...args);
  assertEquals(ended.code, 0, `git ${args.join(" ")}: ${ended.stderr}`);
  return ended.stdout.trim();
}

async function saveIn(
  repository: Repository,
  files: Readonly<Record<string, string>>,
): Promise<void> {
  for (const [path, text] of Object.entries(files)) {
    await repository.write(path, text);
  }
  await gitIn(repository, "add", "--all");
  await gitIn(repository, "commit", "-qm", "More");
}

async function withServer(
  test: (places: Places) => Promise<void>,
): Promise<void> {
  await inDirectory(async (outside) => {
    const { directory } = outside;
    const [mine, others] = ["mine", "others"].map((name) =>
      quickRepository(`${directory}/${name}`)
    ) as [Repository, Repository];
    const bare = `${directory}/server.git`;
    await gitIn(outside, "init", "-q", "--bare", "-b", "main", bare);
    await gitIn(outside, "clone", "-q", bare, others.directory);
    await gitIn(others, "switch", "-qc", "main");
    const push: Places["push"] = async (files) => {
      await saveIn(others, files);
      await gitIn(others, "push", "-q", "origin", "main");
    };
    await push({
      "workflow.yaml": WORKFLOW,
      ".gitignore": "/.orchestrator/\n",
      "src/a.js": "a\nb\nc\n",
      "src/both.js": linesOf("both", 20),
    });
    await gitIn(outside, "clone", "-q", bare, mine.directory);
    await test({
      mine,
      others,
      push,
      git: (...args) => gitIn(mine, ...args),
      save: (files = {}) => saveIn(mine, files),
      start: async () => {
        const { size } = await mine.result(["start", "Fix typo"], AGENT);
        assertEquals(size, "xs");
      },
    });
  });
}

/** More than size xs allows, and risky. */
const MUCH = { "src/big.js": linesOf("big"), "db/1.sql": "drop\n" };

/** What orc says where the session ends; empty where it lets it end. */
async function ended({ mine }: Places): Promise<string> {
  await mine.result(["complete", "do"], AGENT);
  const { code, stderr } = await mine.orc(["finish"], AGENT);
  assert(code === 0 || code === 3, stderr);
  if (code !== 0) return stderr;
  assertEquals((await mine.result(["verify"])).findings, []);
  return "";
}

/** Ways in which the work of others comes to one's own, each with what one does oneself. */
const WAYS: Readonly<Record<string, (places: Places) => Promise<void>>> = {
  "a merge into a branch": async ({ git, push, save, start }) => {
    await git("switch", "-qc", "work");
    await start();
    await save({ "src/a.js": "x\nb\nc\n" });
    await push(MUCH);
    await git("fetch", "-q");
    await git("merge", "-q", "--no-edit", "origin/main");
  },
  "a merge into a branch with earlier work": async (
    { git, push, save, start },
  ) => {
    await git("switch", "-qc", "work");
    await save({ "src/early.js": linesOf("early") });
    await start();
    await save({ "src/a.js": "x\nb\nc\n" });
    await push(MUCH);
    await git("fetch", "-q");
    await git("merge", "-q", "--no-edit", "origin/main");
  },
  "a rebase of all that is done": async ({ git, push, save, start }) => {
    await git("switch", "-qc", "work");
    await start();
    await save({ "src/a.js": "x\nb\nc\n" });
    await push(MUCH);
    await git("fetch", "-q");
    await git("rebase", "-q", "origin/main");
  },
  "a rebase that takes the start along": async (
    { git, push, save, start },
  ) => {
    await git("switch", "-qc", "work");
    // Others change another line of the same file.
    const lines = linesOf("both", 20);
    await save({ "src/both.js": lines.replace("both 3\n", "mine 3\n") });
    await start();
    await save({ "src/a.js": "x\nb\nc\n" });
    await push({
      ...MUCH,
      "src/both.js": lines.replace("both 16\n", "theirs 16\n") +
        linesOf("theirs"),
    });
    await git("fetch", "-q");
    await git("rebase", "-q", "origin/main");
  },
  "a pull beside what is not committed": async (
    { git, mine, push, start },
  ) => {
    await start();
    await mine.write("src/a.js", "x\nb\nc\n");
    await push(MUCH);
    await git("pull", "-q", "--ff-only");
  },
  "a pull beside what was not committed before": async (
    { git, mine, push, start },
  ) => {
    await mine.write("src/old.js", "old\n");
    await start();
    await mine.write("src/a.js", "x\nb\nc\n");
    await push(MUCH);
    await git("pull", "-q", "--ff-only");
  },
  "a pull of what was picked before": async ({ git, push, save, start }) => {
    await start();
    await push({ "src/fix.js": "fix\n" });
    await git("fetch", "-q");
    // Whoever picks it is somebody else.
    await git("-c", "user.name=B", "cherry-pick", "origin/main");
    await push(MUCH);
    await git("pull", "-q", "--rebase");
    await save({ "src/a.js": "x\nb\nc\n" });
  },
  "a merge on the default branch": async ({ git, push, save, start }) => {
    await start();
    await save({ "src/a.js": "x\nb\nc\n" });
    await push(MUCH);
    await git("pull", "-q", "--no-rebase", "--no-edit");
  },
  "a rebase on the default branch": async ({ git, push, save, start }) => {
    await start();
    await save({ "src/a.js": "x\nb\nc\n" });
    await push(MUCH);
    await git("pull", "-q", "--rebase");
  },
  "commits that are made one, on what others did": async (
    { git, push, save, start },
  ) => {
    await git("switch", "-qc", "work");
    await start();
    await save({ "src/a.js": "x\nb\n" });
    await save({ "src/a.js": "x\nb\nc\n" });
    await push(MUCH);
    await git("fetch", "-q");
    await git("rebase", "-q", "origin/main");
    await git("reset", "-q", "--soft", "origin/main");
    await git("commit", "-qm", "One");
  },
  "a start that is amended": async ({ git, mine, push, save, start }) => {
    await git("switch", "-qc", "work");
    await save({ "src/early.js": linesOf("early") });
    await start();
    await mine.write("src/a.js", "x\nb\nc\n");
    await git("commit", "-qam", "x", "--amend");
    await push(MUCH);
    await git("pull", "-q", "--no-rebase", "--no-edit", "origin", "main");
  },
  "a merge of what others took back": async ({ git, push, save, start }) => {
    await push({ "src/gone.js": linesOf("gone") });
    await git("pull", "-q");
    await git("switch", "-qc", "work");
    await start();
    await save({ "src/a.js": "x\nb\nc\n" });
    await push({ "src/gone.js": "" });
    await git("fetch", "-q");
    await git("merge", "-q", "--no-edit", "origin/main");
  },
  "a merge that is a commit of its own": async (
    { git, mine, push, start },
  ) => {
    await git("switch", "-qc", "work");
    await start();
    await push(MUCH);
    await git("fetch", "-q");
    await git("merge", "-q", "--no-ff", "--no-edit", "origin/main");
    await mine.write("src/a.js", "x\nb\nc\n");
  },
  "a pull behind which something was taken back": async (
    { git, push, save, start },
  ) => {
    await start();
    await push(MUCH);
    await git("pull", "-q");
    await save({ "src/b.js": linesOf("b") });
    await git("revert", "--no-edit", "HEAD");
    await save({ "src/a.js": "x\nb\nc\n" });
  },
  "what came in twice": async ({ git, push, save, start }) => {
    await git("switch", "-qc", "work");
    await start();
    await push({ "src/b.js": linesOf("b") });
    await git("fetch", "-q");
    await git("merge", "-q", "--no-edit", "origin/main");
    await save({ "src/a.js": "x\nb\nc\n" });
    await push(MUCH);
    await git("fetch", "-q");
    await git("merge", "-q", "--no-edit", "origin/main");
  },
};

for (const [name, way] of Object.entries(WAYS)) {
  Deno.test(`a session does not grow by ${name}, and does by as much of its own`, async () => {
    await withServer(async (places) => {
      await way(places);
      assertEquals(await ended(places), "");
    });
    await withServer(async (places) => {
      await way(places);
      await places.mine.write("src/own.js", linesOf("own", 9));
      const told = await ended(places);
      assertStringIncludes(told, "(11 lines changed, at most 10 in xs)");
    });
  });
}

/** What looks like the work of others, or lies beside it, and is one's own. */
const OWN: Readonly<
  Record<string, readonly [(places: Places) => Promise<void>, string]>
> = {
  "what it sent to the server itself": [async ({ git, save, start }) => {
    await start();
    await save({ "src/a.js": "x\n", ...MUCH });
    await git("push", "-q");
  }, "risky: db/1.sql"],
  "what it sent, though others went on from there": [
    async ({ git, others, push, save, start }) => {
      await start();
      await save(MUCH);
      await git("push", "-q");
      await gitIn(others, "pull", "-q");
      await push({ "src/b.js": "b\n" });
      await git("pull", "-q");
    },
    "risky: db/1.sql",
  ],
  "what a server made one commit of": [
    async ({ git, others, save, start }) => {
      await git("switch", "-qc", "work");
      await start();
      await save(MUCH);
      await save({ "src/a.js": "x\n" });
      await git("push", "-q", "origin", "work");
      await gitIn(others, "fetch", "-q");
      await gitIn(others, "merge", "-q", "--squash", "origin/work");
      await gitIn(others, "commit", "-qm", "All of it");
      await gitIn(others, "push", "-q", "origin", "main");
      await git("switch", "-q", "main");
      await git("pull", "-q");
    },
    "risky: db/1.sql",
  ],
  "another branch that it merged": [async ({ git, push, save, start }) => {
    await git("switch", "-qc", "other");
    await save({ "src/other.js": linesOf("other", 20) });
    await git("switch", "-qc", "work", "main");
    await start();
    await save({ "src/a.js": "x\nb\nc\n" });
    await push(MUCH);
    await git("pull", "-q", "--no-rebase", "--no-edit", "origin", "main");
    await git("merge", "-q", "--no-edit", "other");
  }, "(22 lines changed, at most 10 in xs)"],
  "a conflict that it resolved": [async ({ git, mine, push, save, start }) => {
    await git("switch", "-qc", "work");
    await save({ "src/both.js": linesOf("mine", 20) });
    await start();
    await push({ ...MUCH, "src/both.js": linesOf("theirs", 20) });
    await git("fetch", "-q");
    const author = "-c user.name=A -c user.email=a@example.org";
    const merge = `git ${author} merge -q origin/main >&2 && exit 1 || true`;
    await mine.run("sh", "-c", merge);
    // The lines of others are gone.
    await save({ "src/both.js": linesOf("mine", 20) });
  }, "(20 lines changed, at most 10 in xs)"],
  "what it threw away of the work of others": [
    async ({ git, push, save, start }) => {
      await git("switch", "-qc", "work");
      await start();
      await save({ "src/a.js": "x\nb\nc\n" });
      await push({ "src/big.js": linesOf("big") });
      await git("fetch", "-q");
      await git("merge", "-q", "--no-edit", "-s", "ours", "origin/main");
    },
    "(52 lines changed, at most 10 in xs)",
  ],
  "a branch that no server has": [async ({ git, push, save, start }) => {
    await push(MUCH);
    await git("fetch", "-q");
    await git("switch", "-qc", "work");
    await start();
    await save({ "src/a.js": "x\nb\nc\n" });
    await git("branch", "-q", "local", "origin/main");
    await git("remote", "remove", "origin");
    await git("merge", "-q", "--no-edit", "local");
  }, "risky: db/1.sql"],
  "all, where git keeps no log of what was done": [
    async ({ git, push, save, start }) => {
      await start();
      await save({ "src/a.js": "x\nb\nc\n" });
      await push(MUCH);
      await git("pull", "-q", "--rebase");
      await git("reflog", "expire", "--expire=all", "--all");
    },
    "risky: db/1.sql",
  ],
};

for (const [name, [way, said]] of Object.entries(OWN)) {
  Deno.test(`a session grows by ${name}`, () =>
    withServer(async (places) => {
      await way(places);
      const told = await places.mine.orc(["complete", "do"], AGENT);
      if (told.code !== 0) {
        assertStringIncludes(told.stderr, "no file differs");
        await places.mine.write("src/a.js", "x\nb\nc\n");
      }
      assertStringIncludes(await ended(places), said);
    }));
}

Deno.test("a pull is no change that an item asks for", () =>
  withServer(async ({ git, mine, push, start }) => {
    await start();
    await push(MUCH);
    await git("pull", "-q");
    const { code, stderr } = await mine.orc(["complete", "do"], AGENT);
    assertEquals(code, 3);
    assertStringIncludes(stderr, "no file differs from the start");
  }));
