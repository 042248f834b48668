import { assertEquals } from "@std/assert";
import { askGit } from "../../src/app/git_credential.ts";
import { OrcError } from "../../src/core/error.ts";
import { type ENDED_WELL, fixedHost, withRoot } from "./fixtures.ts";

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

Deno.test("askGit() asks a real helper, and nobody when there is none", () =>
  withRoot({ ".git/HEAD": "ref: refs/heads/main\n" }, async (root) => {
    const host = fixedHost({ programs: "real" });
    Deno.mkdirSync(`${root}/.git/objects`);
    Deno.mkdirSync(`${root}/.git/refs`);
    Deno.writeTextFileSync(
      `${root}/.git/config`,
      `[core]\n\trepositoryformatversion = 0\n[credential]\n\thelper =\n`,
    );
    assertEquals(await askGit(host, root, "API_KEY"), undefined);
    Deno.writeTextFileSync(
      `${root}/.git/config`,
      `[credential]\n\thelper =\n\thelper = "!f() { echo password=kept-by-git; }; f"\n`,
    );
    assertEquals(await askGit(host, root, "API_KEY"), "kept-by-git");
  }));
