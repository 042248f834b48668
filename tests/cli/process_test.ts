import { VERSION } from "../../src/base/version.ts";
import { withTemporaryDirectory } from "../files/temporary.ts";
import { assertEquals, assertStringIncludes } from "@std/assert";

/** How a shell line with `orc` in it ended. */
interface Ended {
  readonly exitCode: number;
  readonly out: string;
  readonly err: string;
}

/** Runs a shell line in which `orc` is the program from the sources. */
async function shell(line: string): Promise<Ended> {
  const orc =
    `orc() { "${Deno.execPath()}" run -A "${Deno.cwd()}/cli.ts" "$@"; };`;
  const { code, stdout, stderr } = await new Deno.Command("sh", {
    args: ["-c", `${orc} ${line}`],
    env: { NO_COLOR: "1" },
  }).output();
  const text = new TextDecoder();
  return {
    exitCode: code,
    out: text.decode(stdout),
    err: text.decode(stderr),
  };
}

const isUnix = Deno.build.os !== "windows";

Deno.test({
  name: "cli.ts ends with the exit code of the command",
  ignore: !isUnix,
  async fn() {
    const version = await shell("orc version");
    assertEquals([version.exitCode, version.err], [0, ""]);
    assertStringIncludes(version.out, `orc ${VERSION} (deno `);
    const unknown = await shell("orc versoin");
    assertEquals(unknown, {
      exitCode: 2,
      out: "",
      err: 'Unknown command "versoin"\nTry: orc version\n',
    });
  },
});

Deno.test({
  name: "cli.ts is quiet when the reader has gone",
  ignore: !isUnix,
  async fn() {
    const ended = await shell("{ orc help start; echo $? >&2; } | true");
    assertEquals(ended, { exitCode: 0, out: "", err: "0\n" });
  },
});

Deno.test({
  name: "cli.ts says so when its result cannot be written",
  ignore: Deno.build.os !== "linux",
  async fn() {
    const { exitCode, err } = await shell("orc version > /dev/full");
    assertEquals(exitCode, 7);
    assertStringIncludes(err, 'Command "version" was done, but its result');
  },
});

Deno.test({
  name:
    "cli.ts gives a program every byte of a value, and a terminal none that drives it",
  ignore: Deno.build.os !== "linux",
  fn: () =>
    withTemporaryDirectory(async (root) => {
      const text = String.raw`\033[31m\302\233\342\200\213\342\200\256z`;
      const got = await shell(
        `: "\${DENO_DIR:=$HOME/.cache/deno}"; export DENO_DIR
        HOME='${root}/home'; export HOME; mkdir "$HOME" '${root}/.git'; cd '${root}'
        orc secrets init > made; printf 'a\\r\\n${text}' > given
        orc secrets set KEY --file given > kept
        orc secrets get KEY > got; echo >> given; cmp got given`,
      );
      assertEquals(got, { exitCode: 0, out: "", err: "" });
    }),
});
