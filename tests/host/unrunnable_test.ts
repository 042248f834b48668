import { runProgram } from "../../src/host/process.ts";
import { programFile, whyUnrunnable } from "../../src/host/unrunnable.ts";
import { withTemporaryDirectory, writeTree } from "../files/temporary.ts";
import { assert, assertEquals } from "@std/assert";

/** The smallest beginning of a program for a processor, which asks for a loader. */
function elf(processor: number, loader = ""): string {
  const head = `\x7fELF\x02\x01\x01${"\0".repeat(9)}\x02\0`;
  return `${head}${String.fromCharCode(processor)}\0${
    "\0".repeat(40)
  }${loader}`;
}

const [OWN, OTHER] = Deno.build.arch === "x86_64" ? [62, 183] : [183, 62];

/** What cannot run, and what is said of it instead of "was not found". */
const CASES: readonly (readonly [text: string, reason: string])[] = [
  [
    "#!HERE/shell\n",
    'needs the interpreter "HERE/shell", which was not found',
  ],
  ["#!HERE\n", 'needs the interpreter "HERE", which is a directory'],
  [
    "#!HERE/plain\n",
    'needs the interpreter "HERE/plain", which is not executable',
  ],
  [
    "#!/usr/bin/env no_such_shell\n",
    'needs the interpreter "no_such_shell", which was not found',
  ],
  [
    "#!/usr/bin/env -S A=b no_such_shell -x\n",
    'needs the interpreter "no_such_shell", which was not found',
  ],
  [
    "#!/bin/sh\r\nexit 0\r\n",
    "has the line ends of Windows, which become part of its interpreter's name: save it with line ends of LF",
  ],
  [
    "#!/usr/bin/env sh\r\nexit 0\r\n",
    "has the line ends of Windows, which become part of its interpreter's name: save it with line ends of LF",
  ],
  ["MZ\x90\0\x03", "is a program for Windows"],
  ["\xcf\xfa\xed\xfe\x07", "is a program for macOS"],
];

function writeProgram(path: string, text: string): void {
  const bytes = Uint8Array.from(text, (character) => character.charCodeAt(0));
  Deno.writeFileSync(path, bytes);
  Deno.chmodSync(path, 0o755);
}

const ONLY_LINUX = { ignore: Deno.build.os !== "linux" };

Deno.test(
  "runProgram() says what keeps a program that is there from running",
  ONLY_LINUX,
  () =>
    withTemporaryDirectory(async (directory) => {
      writeTree(directory, { plain: "" });
      const bounds = {
        workingDirectory: directory,
        timeoutMs: 20_000,
        variables: { PATH: directory },
      };
      for (const [index, [text, reason]] of CASES.entries()) {
        const program = `./program${index}`;
        const here = (text: string) => text.replaceAll("HERE", directory);
        writeProgram(`${directory}/program${index}`, here(text));
        const { exitCode, problem } = await runProgram({
          ...bounds,
          command: [program],
        });
        assertEquals(exitCode, -1, reason);
        assert(
          problem?.startsWith(`Program "${program}" ${here(reason)}`),
          problem ?? reason,
        );
      }
    }),
);

Deno.test(
  "runProgram() says so too where a shell was to run it",
  ONLY_LINUX,
  () =>
    withTemporaryDirectory(async (directory) => {
      writeProgram(`${directory}/check.sh`, "#!/bin/sh\r\nexit 0\r\n");
      writeTree(directory, { "plain.sh": "exit 0\n" });
      const problemOf = async (shell: string) =>
        (await runProgram({
          command: { shell },
          workingDirectory: directory,
          timeoutMs: 20_000,
        })).problem ?? "";
      const ends = await problemOf("true && ./check.sh");
      assert(ends.startsWith('Program "./check.sh" has the line ends'), ends);
      const bit = await problemOf("true && ./plain.sh");
      assert(bit.startsWith('Program "./plain.sh" is not executable'), bit);
    }),
);

Deno.test(
  "runProgram() leaves an exit code of a program that did run as it is",
  ONLY_LINUX,
  () =>
    withTemporaryDirectory(async (directory) => {
      for (const code of [2, 126, 127]) {
        writeProgram(`${directory}/own`, `#!/bin/sh\nexit ${code}\n`);
        const { exitCode, problem } = await runProgram({
          command: ["./own"],
          workingDirectory: directory,
          timeoutMs: 20_000,
        });
        assertEquals([exitCode, problem], [code, null]);
      }
    }),
);

Deno.test(
  "runProgram() does not take an empty file for a check that passed",
  ONLY_LINUX,
  () =>
    withTemporaryDirectory(async (directory) => {
      for (const text of ["", "\n", "#!/bin/sh\n"]) {
        writeProgram(`${directory}/own`, text);
        const { problem } = await runProgram({
          command: ["./own"],
          workingDirectory: directory,
          timeoutMs: 20_000,
        });
        const expected = text === ""
          ? 'Program "./own" is empty: there is nothing in it to run'
          : null;
        assertEquals(problem, expected);
      }
    }),
);

Deno.test(
  "whyUnrunnable() names the file that was meant by a bare name",
  ONLY_LINUX,
  () =>
    withTemporaryDirectory((directory) => {
      writeTree(directory, { "bin/tool": "x", "check.sh": "x" });
      const site = { workingDirectory: directory, path: `${directory}/bin` };
      assertEquals(
        whyUnrunnable("tool", site),
        `is not executable: make it so with chmod +x ${directory}/bin/tool`,
      );
      assertEquals(
        whyUnrunnable("check.sh", site),
        "was not found on PATH; the file in the working directory is run as ./check.sh",
      );
      assertEquals(whyUnrunnable("no_such_program", site), "was not found");
      assertEquals(whyUnrunnable("./bin", site), "is a directory");
    }),
);

Deno.test(
  "whyUnrunnable() tells a program for another processor or system",
  ONLY_LINUX,
  () =>
    withTemporaryDirectory((directory) => {
      const site = { workingDirectory: directory, path: "" };
      writeProgram(`${directory}/other`, elf(OTHER));
      writeProgram(`${directory}/own`, elf(OWN));
      const loader = `${directory}/ld-of-elsewhere.so.1`;
      writeProgram(`${directory}/libc`, elf(OWN, `${loader}\0`));
      const other = whyUnrunnable("./other", site) ?? "";
      assert(other.startsWith("is built for another processor: for "), other);
      assertEquals(whyUnrunnable("./own", site), undefined);
      assertEquals(
        whyUnrunnable("./libc", site),
        `is built for another system: it needs "${loader}", which was not found`,
      );
    }),
);

Deno.test("programFile() takes an empty or relative entry of PATH for what the system does", async () => {
  await withTemporaryDirectory((directory) => {
    writeTree(directory, { own: "#!/bin/sh\n", "bin/own": "#!/bin/sh\n" });
    for (const file of ["own", "bin/own"]) {
      Deno.chmodSync(`${directory}/${file}`, 0o755);
    }
    const cases = [["", "own"], ["/none:", "own"], [":/none", "own"], [
      "bin:",
      "bin/own",
    ]];
    for (const [path, file] of cases) {
      const site = { workingDirectory: directory, path };
      assertEquals(programFile("own", site), `${directory}/${file}`);
    }
  });
});
