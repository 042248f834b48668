import type { OrcError } from "../../src/base/error.ts";
import { loadWorkflow } from "../../src/repository/load.ts";
import { openRepository } from "../../src/repository/open.ts";
import { startSession } from "../../src/work/start.ts";
import { alone } from "../fetch/server.ts";
import {
  readTree,
  refusalOf,
  refusalWithoutTrace,
  test,
  writeTree,
} from "../files/temporary.ts";
import { assert, assertEquals, assertMatch } from "@std/assert";

const COMMON = `name: Common
phases:
  - id: PLAN
    name: Plan
    items:
      - {id: plan, name: Plan}
`;

type Files = Readonly<Record<string, string>>;

/** A repository `shop` and what lies beside it. */
function shopWith(directory: string, files: Files) {
  writeTree(directory, { "home/": "", "shop/.git/HEAD": "", ...files });
  const root = `${directory}/shop`;
  const host = alone(`${directory}/home`, root);
  const load = async () =>
    await loadWorkflow(host, openRepository(host, { root }), {});
  return { root, host, load };
}

function outline(
  { workflow }: Awaited<ReturnType<typeof loadWorkflow>>,
): string {
  return workflow.phases.map(({ id, items }) =>
    `${id}: ${items.map(({ id }) => id).join(" ")}`
  ).join(", ");
}

test("a file includes others by their paths, seen from itself", async (directory) => {
  const { load } = shopWith(directory, {
    "shop/workflow.yaml":
      'include:\n  - repo: "../shared-workflows/common.yaml"\n  - path: process/ship.yaml\n',
    "shop/process/ship.yaml":
      "include: [{path: ../more.yaml}]\nphases: [{id: SHIP, name: Ship}]\n",
    "shop/more.yaml": "phases: [{id: MORE, name: More}]\n",
    "shared-workflows/common.yaml": COMMON,
  });
  const loaded = await load();
  assertEquals(outline(loaded), "PLAN: plan, MORE: , SHIP: ");
  assertEquals(loaded.workflow.name, "Common");
  const files = loaded.placed?.files.map(({ source, isReviewed }) => [
    source.slice(directory.length + 1),
    isReviewed,
  ]);
  assertEquals(files, [
    ["shared-workflows/common.yaml", false],
    ["shop/process/ship.yaml", true],
    ["shop/more.yaml", true],
  ]);
});

test("a problem of an included file is told where that file has it", async (directory) => {
  const { load } = shopWith(directory, {
    "shop/workflow.yaml": "include: [{path: base.yaml}]\nname: Shop\n",
    "shop/base.yaml": `${COMMON}      - {id: bad id, name: Bad}\n`,
  });
  const { code, message, details } = await refusalOf(load);
  assertEquals(code, "invalid_workflow");
  assertMatch(
    message,
    /shop\/base\.yaml:7:10: phases\[0\]\.items\[1\]\.id: An item id/,
  );
  const [problem] = details?.problems as { file: string }[];
  assertEquals(problem?.file, `${directory}/shop/base.yaml`);
});

test("a syntax error of an included file names that file", async (directory) => {
  const { load } = shopWith(directory, {
    "shop/workflow.yaml": "include: [{path: base.yaml}]\n",
    "shop/base.yaml": "a: b: c\n",
  });
  const { code, path } = await refusalOf(load);
  assertEquals([code, path], ["invalid_yaml", `${directory}/shop/base.yaml`]);
});

test("an included file says which orc it needs", async (directory) => {
  const { load } = shopWith(directory, {
    "shop/workflow.yaml": "include: [{path: base.yaml}]\n",
    "shop/base.yaml": `orc: ">=99"\n${COMMON}`,
  });
  const { code, path } = await refusalOf(load);
  assertEquals([code, path], ["orc_version", `${directory}/shop/base.yaml`]);
});

const LONG = `${COMMON}description: ${"x".repeat(600_000)}\n`;

/** What is included in what way, and why it is refused; `LINK` is a link to what follows it. */
const HOSTILE: Readonly<Record<string, { files: Files; says: RegExp }>> = {
  "what is not there": {
    files: { "shop/workflow.yaml": "include:\n  - path: none.yaml\n" },
    says: /workflow\.yaml:2:5: include\[0\]: There is no .*none\.yaml/,
  },
  "a way further up": {
    files: {
      "shop/workflow.yaml": "include:\n  - path: ../../x/common.yaml\n",
    },
    says:
      /workflow\.yaml:2:5: include\[0\]\.path: .*neither in this repository/,
  },
  "a way further up, by way of a file beside": {
    files: {
      "shop/workflow.yaml": "include:\n  - path: ../a/b.yaml\n",
      "a/b.yaml": "include:\n  - path: ../../x.yaml\n",
    },
    says: /a\/b\.yaml:2:5: include\[0\]\.path: .*neither in this repository/,
  },
  "a hidden directory beside": {
    files: {
      "shop/workflow.yaml": "include:\n  - path: ../.ssh/config\n",
      ".ssh/config": COMMON,
    },
    says: /neither in this repository/,
  },
  "an absolute path": {
    files: { "shop/workflow.yaml": "include:\n  - path: /etc/hostname\n" },
    says: /Expected the path of a file/,
  },
  "a home directory": {
    files: { "shop/workflow.yaml": "include:\n  - path: ~/common.yaml\n" },
    says: /Expected the path of a file/,
  },
  "an address in the place of a path": {
    files: {
      "shop/workflow.yaml": "include:\n  - repo: https://example.org/w\n",
    },
    says: /has git, commit and file/,
  },
  "a link": {
    files: {
      "shop/workflow.yaml": "include:\n  - path: link.yaml\n",
      "common.yaml": COMMON,
      "shop/link.yaml": "LINK../common.yaml",
    },
    says: /workflow\.yaml:2:5: include\[0\]: .*is a symbolic link/,
  },
  "a link of a directory beside": {
    files: {
      "shop/workflow.yaml": "include:\n  - path: ../near/common.yaml\n",
      "far/common.yaml": COMMON,
      "near": "LINKfar",
    },
    says: /workflow\.yaml:2:5: include\[0\]: .*is a symbolic link/,
  },
  "a directory": {
    files: {
      "shop/workflow.yaml": "include:\n  - path: d\n",
      "shop/d/common.yaml": COMMON,
    },
    says: /workflow\.yaml:2:5: include\[0\]: .*directory/,
  },
  "itself": {
    files: { "shop/workflow.yaml": "include:\n  - path: ./workflow.yaml\n" },
    says: /workflow\.yaml:2:5: include\[0\]: The files include each other/,
  },
  "a circle": {
    files: {
      "shop/workflow.yaml": "include: [{path: a.yaml}]\n",
      "shop/a.yaml": "include: [{path: b.yaml}]\n",
      "shop/b.yaml": "name: B\ninclude:\n  - path: ../shop/a.yaml\n",
    },
    says:
      /b\.yaml:3:5: include\[0\]: The files include each other: .*a\.yaml → .*b\.yaml → .*a\.yaml/,
  },
  "more than five levels": {
    files: {
      "shop/workflow.yaml": "include: [{path: 1.yaml}]\n",
      ...Object.fromEntries(
        [1, 2, 3, 4, 5].map((n) => [
          `shop/${n}.yaml`,
          `include:\n  - path: ${n + 1}.yaml\n`,
        ]),
      ),
      "shop/6.yaml": COMMON,
    },
    says: /5\.yaml:2:5: include\[0\]: Files include files more than 5 deep/,
  },
  "more than 50 files": {
    files: {
      "shop/workflow.yaml": `include:\n${"  - path: e.yaml\n".repeat(51)}`,
      "shop/e.yaml": "description: Nothing\n",
    },
    says: /workflow\.yaml:52:5: include\[50\]: More than 50 files/,
  },
  "a huge file": {
    files: {
      "shop/workflow.yaml": "include:\n  - path: big.yaml\n",
      "shop/big.yaml": "#".repeat(1024 * 1024 + 1),
    },
    says: /workflow\.yaml:2:5: include\[0\]: .*larger/,
  },
  "files that are huge together": {
    files: {
      "shop/workflow.yaml": "include:\n  - path: a.yaml\n  - path: b.yaml\n",
      "shop/a.yaml": LONG,
      "shop/b.yaml": LONG.replaceAll(/plan/gi, "other"),
    },
    says: /workflow\.yaml:3:5: include\[1\]: .*come to more than/,
  },
  "one id twice": {
    files: {
      "shop/workflow.yaml": "include:\n  - path: a.yaml\n  - path: b.yaml\n",
      "shop/a.yaml": COMMON,
      "shop/b.yaml": COMMON,
    },
    says: /workflow\.yaml:3:5: include\[1\]: Duplicate phase id "PLAN", first/,
  },
  "a program of git's": {
    files: {
      "shop/workflow.yaml":
        "include:\n  - git: ext::touch x\n    file: a.yaml\n",
    },
    says: /workflow\.yaml:2:5: include\[0\]\.git: .*no address/,
  },
  "a directory of this machine": {
    files: {
      "shop/workflow.yaml":
        "include:\n  - git: file:///srv/w\n    file: a.yaml\n",
    },
    says: /include\[0\]\.git: .*is a directory of one machine/,
  },
  "a branch": {
    files: {
      "shop/workflow.yaml":
        "include:\n  - git: https://example.org/w\n    commit: main\n    file: a.yaml\n",
    },
    says:
      /workflow\.yaml:3:5: include\[0\]\.commit: "main" is not the whole id/,
  },
  "no commit": {
    files: {
      "shop/workflow.yaml":
        "include:\n  - git: https://example.org/w\n    file: a.yaml\n",
    },
    says: /workflow\.yaml:2:5: include\[0\]\.commit: commit is missing/,
  },
  "a file outside of the commit": {
    files: {
      "shop/workflow.yaml":
        "include:\n  - git: https://example.org/w\n    commit: abc\n    file: ../a.yaml\n",
    },
    says: /workflow\.yaml:4:5: include\[0\]\.file: file names a file of that/,
  },
  "a list that is none": {
    files: { "shop/workflow.yaml": "include: common.yaml\n" },
    says: /workflow\.yaml:1:1: include: Expected a list/,
  },
};

for (const [what, { files, says }] of Object.entries(HOSTILE)) {
  test(`start refuses ${what}, with its line, and writes nothing`, async (directory) => {
    const plain = Object.entries(files)
      .filter(([, text]) => !text.startsWith("LINK"));
    const { root, host } = shopWith(directory, Object.fromEntries(plain));
    for (const [path, text] of Object.entries(files)) {
      if (!text.startsWith("LINK")) continue;
      Deno.symlinkSync(text.slice(4), `${directory}/${path}`);
    }
    const start = () => startSession(host, { root, task: "Any" });
    const links = Object.values(files).some((text) => text.startsWith("LINK"));
    const error: OrcError = links
      ? await refusalOf(start)
      : await refusalWithoutTrace(directory, start);
    assertMatch(error.message, says);
    assertEquals(readTree(`${directory}/home`), {});
    assert(!readTree(root)[".orchestrator/"]);
  });
}

test("the hint for a branch is to let orc write the commit", async (directory) => {
  const { load } = shopWith(directory, HOSTILE["a branch"]?.files ?? {});
  assertMatch((await refusalOf(load)).hint ?? "", /orc include update/);
});

test("a session keeps what was included, and follows it whatever becomes of the file", async (directory) => {
  const { root, host } = shopWith(directory, {
    "shop/workflow.yaml": "include:\n  - path: ../common/c.yaml\n",
    "common/c.yaml": COMMON,
  });
  const { warnings } = await startSession(host, { root, task: "Any" });
  assertMatch(warnings.join(), /c\.yaml" lies outside of the repository/);
  Deno.removeSync(`${directory}/common`, { recursive: true });
  const [state = ""] = Object.entries(readTree(root))
    .filter(([path]) => path.endsWith("/state.json")).map(([, text]) => text);
  const { metadata, workflow_definition: definition } = JSON.parse(state);
  assertEquals(definition.phases[0].items[0].id, "plan");
  assertEquals(metadata.includes[0].source, `${directory}/common/c.yaml`);
  const { completeItem } = await import("../../src/work/complete.ts");
  await completeItem(host, { root, itemId: "plan", notes: "Done" });
  const { readStatus } = await import("../../src/work/status.ts");
  const { progress } = await readStatus(host, { root });
  assertEquals(progress.completed, 1);
});
