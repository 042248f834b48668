/** A closed session that becomes one file, and many again: at each instant one form is whole. */
import { repositoryLayout, sessionLayout } from "../../src/base/layout.ts";
import { packOf } from "../../src/session/pack/door.ts";
import type { Ended, Repository } from "../journey/orc.ts";
import { filesIn } from "../session/packed.ts";
import { namesIn } from "../session/fixtures.ts";
import type { Scenario } from "./fault.ts";
import { assertEquals } from "@std/assert";

const WORKFLOW = `name: Test
phases:
  - id: PLAN
    name: Planning
    items: [{ id: a, name: A }]
`;

/** Where it is kept what the files were. */
const EXPECTED = "expected.json";

/** The next command must not have to wait for anything. */
const AT_ONCE = ["--all", "--lock-timeout", "1"];

export const PACK_SCENARIOS: readonly Scenario[] = [
  {
    name: "session pack",
    usualCount: 16,
    args: ["session", "pack", "--all"],
    prepare: finish,
    isStored: (_sessions, repository) => isPacked(repository),
    mayFailStored: true,
    goOn: packAndUnpack,
  },
  {
    name: "session unpack",
    usualCount: 16,
    args: ["session", "unpack", "--all"],
    async prepare(repository) {
      await finish(repository);
      await repository.result(["session", "pack", "--all"]);
    },
    isStored: (_sessions, repository) => !isPacked(repository),
    mayFailStored: true,
    goOn: packAndUnpack,
  },
];

async function finish(repository: Repository): Promise<void> {
  const { write, result } = repository;
  await write("workflow.yaml", WORKFLOW);
  // Its files have second names in git's directory.
  await write(".git/HEAD", "ref: refs/heads/main\n");
  await result(["start", "Test"]);
  await result(["complete", "a", "--notes", "done"]);
  await result(["finish"]);
  const files = JSON.stringify(filesIn(directoryOf(repository)));
  await write(EXPECTED, files);
}

function idIn({ directory }: Repository): string {
  return namesIn(repositoryLayout(directory).sessions)[0] ?? "";
}

function directoryOf(repository: Repository): string {
  return sessionLayout(repository.directory, idIn(repository)).directory;
}

function isPacked(repository: Repository): boolean {
  return packOf(repository.directory, idIn(repository)) !== undefined;
}

/** In either form there is nothing else, and nothing of it is another. */
async function packAndUnpack(repository: Repository): Promise<Ended> {
  const { directory, orc } = repository;
  const packed = await orc(["session", "pack", ...AT_ONCE]);
  if (packed.code !== 0) return packed;
  assertEquals(namesIn(directoryOf(repository)), ["session.pack"]);
  const unpacked = await orc(["session", "unpack", ...AT_ONCE]);
  const expected = Deno.readTextFileSync(`${directory}/${EXPECTED}`);
  assertEquals(filesIn(directoryOf(repository)), JSON.parse(expected));
  return unpacked;
}
