import { OrcError } from "../../src/base/error.ts";
import { askGit } from "../../src/secrets/git_credential.ts";
import { writeTree } from "../files/temporary.ts";
import { type ENDED_WELL, fixedHost, withRoot } from "../work/fixtures.ts";
import { assertEquals } from "@std/assert";

const FILL = "git credential fill";

function answering(
  ending: Partial<typeof ENDED_WELL>,
): ReturnType<typeof fixedHost> {
  return fixedHost({ programs: { [FILL]: ending } });
}

Deno.test("askGit() takes the password of git's credential helper", async () => {
  const host = answering({
    stdout: "protocol=https\nusername=API_KEY\npassword=from=git\n",
  });
  assertEquals(await askGit(host, "/shop", "API_KEY"), "from=git");
  const [request] = host.requests;
  assertEquals(
    request?.input,
    "protocol=https\nhost=orchestrator.invalid\nusername=API_KEY\n\n",
  );
  assertEquals(request?.variables?.GIT_TERMINAL_PROMPT, "0");
});

Deno.test("askGit() bears that git has no answer, or is not there", async () => {
  for (
    const ending of [
      { exitCode: 128, stderr: "terminal prompts disabled" },
      { exitCode: -1, problem: 'Program "git" was not found' },
      { stdout: "username=API_KEY\npassword=\n" },
    ]
  ) {
    assertEquals(await askGit(answering(ending), "/shop", "A"), undefined);
  }
  const forbidden = {
    ...fixedHost(),
    runProgram: () =>
      Promise.reject(new OrcError("denied", "permission_missing", "No")),
  };
  assertEquals(await askGit(forbidden, "/shop", "A"), undefined);
});

/** Runs a test in which the user's own git configuration is this one. */
async function withUserConfig(
  text: string,
  test: (root: string) => Promise<void>,
): Promise<void> {
  await withRoot({ "home/.gitconfig": text }, async (root) => {
    const variables = {
      GIT_CONFIG_GLOBAL: `${Deno.realPathSync(root)}/home/.gitconfig`,
      GIT_CONFIG_NOSYSTEM: "1",
    };
    const names = Object.keys(variables);
    const before = names.map((name) => [name, Deno.env.get(name)] as const);
    try {
      Object.entries(variables).forEach(([name, value]) =>
        Deno.env.set(name, value)
      );
      await test(root);
    } finally {
      for (const [name, value] of before) {
        if (value === undefined) Deno.env.delete(name);
        else Deno.env.set(name, value);
      }
    }
  });
}

const HELPER = `[credential]
\thelper =
\thelper = "!f() { echo password=kept-by-git; }; f"
`;

Deno.test("askGit() asks a real helper, and nobody when there is none", async () => {
  const host = fixedHost({ programs: "real" });
  await withUserConfig(HELPER, async (root) => {
    assertEquals(await askGit(host, root, "API_KEY"), "kept-by-git");
  });
  await withUserConfig("", async (root) => {
    assertEquals(await askGit(host, root, "API_KEY"), undefined);
  });
});

Deno.test("askGit() runs no helper that a repository names", () =>
  withUserConfig("", async (root) => {
    writeTree(root, {
      ".git/HEAD": "ref: refs/heads/main\n",
      ".git/objects/": "",
      ".git/refs/": "",
      ".git/config": `[core]\n\trepositoryformatversion = 0\n${HELPER}`,
    });
    const host = fixedHost({ programs: "real" });
    assertEquals(await askGit(host, root, "API_KEY"), undefined);
  }));
