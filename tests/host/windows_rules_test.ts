import { quoteForBatch, windowsStart } from "../../src/host/windows_rules.ts";
import { assert, assertEquals } from "@std/assert";

const VARIABLES = {
  Path: 'C:\\node;"C:\\Program Files\\maven\\bin";;tools',
  PATHEXT: ".COM;.EXE;.BAT;.CMD;.VBS;.JS",
  SystemRoot: "C:\\Windows",
};

const FILES = [
  "C:/node/node.exe",
  "C:/node/npm",
  "C:/node/npm.cmd",
  "C:/node/both.bat",
  "C:/node/both.exe",
  "C:/node/script.js",
  "C:/Program Files/maven/bin/mvn.cmd",
  "C:/work/gradlew",
  "C:/work/gradlew.bat",
  "C:/work/npm.cmd",
  "C:/work/tools/own.exe",
];

function start(
  command: Parameters<typeof windowsStart>[0],
  variables: Readonly<Record<string, string>> = VARIABLES,
) {
  return windowsStart(command, {
    workingDirectory: "C:/work",
    variables,
    isProgram: (path) =>
      FILES.some((file) => file.toLowerCase() === path.toLowerCase()),
  });
}

/** What is started, or why nothing is; batch files by the line that `cmd.exe` gets. */
function startText(
  command: Parameters<typeof windowsStart>[0],
  variables?: Readonly<Record<string, string>>,
): string {
  const started = start(command, variables);
  if (typeof started === "string") return started;
  const { program, args } = started;
  return [program, ...args].join(" ");
}

const CMD = "C:\\Windows\\System32\\cmd.exe /d /e:on /v:off /s /c";

Deno.test("windowsStart() finds what PATHEXT names, batch files through cmd.exe", () => {
  const cases: readonly (readonly [readonly string[], string])[] = [
    [["node", "-e", "0"], "C:\\node\\node.exe -e 0"],
    [["NODE.EXE"], "C:\\node\\NODE.EXE"],
    [["npm", "test"], `${CMD} ""C:\\node\\npm.cmd" "test""`],
    [["npm.cmd"], `${CMD} ""C:\\node\\npm.cmd""`],
    [["mvn"], `${CMD} ""C:\\Program Files\\maven\\bin\\mvn.cmd""`],
    [["./gradlew"], `${CMD} ""C:\\work\\gradlew.bat""`],
    [["tools/own"], "C:\\work\\tools\\own.exe"],
    [["own"], "C:\\work\\tools\\own.exe"],
    [["C:\\node\\node"], "C:\\node\\node.exe"],
    [["both"], "C:\\node\\both.exe"],
    // Not from the working directory, where anybody who may change the code may put one.
    [["gradlew"], "was not found"],
    // Opened by some other program, and not started.
    [["script"], "was not found"],
    [["script.js"], "was not found"],
    [[""], "was not found"],
  ];
  for (const [command, expected] of cases) {
    assertEquals(startText(command), expected, command.join(" "));
  }
});

Deno.test("windowsStart() keeps to the order of PATHEXT, and to the usual one without it", () => {
  const withExtensions = (PATHEXT: string) => ({ ...VARIABLES, PATHEXT });
  assertEquals(
    startText(["both"], withExtensions(".bat;.exe")),
    `${CMD} ""C:\\node\\both.bat""`,
  );
  assertEquals(startText(["npm"], withExtensions(".exe")), "was not found");
  assertEquals(startText(["both"], withExtensions("")), "C:\\node\\both.exe");
  assertEquals(startText(["node"], { PATH: "C:\\node" }), "C:\\node\\node.exe");
  assertEquals(startText(["node"], {}), "was not found");
});

Deno.test("windowsStart() hands a shell's text over as it is, whatever was filled into it", () => {
  const shell = (...values: readonly string[]) =>
    startText({ shell: "a | b", values });
  assertEquals(shell('x "y z"', "50"), `${CMD} "a | b"`);
  assertEquals(startText({ shell: "a | b" }), `${CMD} "a | b"`);
  for (const value of ["%PATH%", "a^", 'a"', '"a" "']) {
    const problem = shell(value);
    assert(problem.startsWith("could not be started: a setting"), problem);
  }
});

Deno.test("windowsStart() gives a batch file no line break, and no more than cmd.exe takes", () => {
  for (const word of ["a\nb", "a\rb", "a\0b", "x".repeat(9000)]) {
    const problem = startText(["npm", word]);
    assert(problem.startsWith("could not be started: "), problem);
  }
  const started = start(["node", "a\nb"]);
  assert(typeof started !== "string" && !started.isQuoted);
});

Deno.test("windowsStart() leaves the search to the system where it may not look", () => {
  const site = {
    workingDirectory: "C:/work",
    variables: VARIABLES,
    isProgram: (path: string) => path.startsWith("C:/work") ? false : undefined,
  };
  assertEquals(windowsStart(["node", "x"], site), {
    program: "node",
    args: ["x"],
    isQuoted: false,
  });
  assertEquals(windowsStart(["./node"], site), "was not found");
});

/** The first thing `cmd.exe` does with a line it was started with: `%NAME%` and `%NAME:~from,length%`. */
function expandVariables(
  line: string,
  variables: Readonly<Record<string, string>>,
): string {
  let expanded = "";
  for (let at = 0; at < line.length;) {
    const [reference, name = "", cut] =
      /^%([^%:]+)(:~[^%]*)?%/.exec(line.slice(at)) ?? [];
    const value = variables[name.toLowerCase()];
    if (reference === undefined || value === undefined) {
      expanded += line[at++];
    } else {
      // Of the forms that cut, the quoting uses only the one that leaves nothing.
      expanded += cut === undefined ? value : cut === ":~," ? "" : value;
      at += reference.length;
    }
  }
  return expanded;
}

/** What stands outside of quotes, where `cmd.exe` sees its own signs. */
function bareParts(line: string): string {
  return line.split('"').filter((_, index) => index % 2 === 0).join("");
}

/** Takes a line apart as the programs do that Microsoft's and Node's tools build. */
function wordsOf(line: string): string[] {
  const words: string[] = [];
  let word = "";
  let [isQuoted, isWord] = [false, false];
  for (let at = 0; at < line.length; at++) {
    const [backslashes = ""] = /^\\*/.exec(line.slice(at)) ?? [];
    const next = line[at + backslashes.length];
    if (backslashes !== "") {
      const isHalved = next === '"';
      word += isHalved
        ? "\\".repeat(Math.floor(backslashes.length / 2))
        : backslashes;
      at += backslashes.length - 1;
      isWord = true;
      if (isHalved && backslashes.length % 2 === 1) {
        word += '"';
        at++;
      }
    } else if (next === '"') {
      isWord = true;
      if (isQuoted && line[at + 1] === '"') {
        word += '"';
        at++;
      } else isQuoted = !isQuoted;
    } else if (!isQuoted && (next === " " || next === "\t")) {
      if (isWord) words.push(word);
      word = "";
      isWord = false;
    } else {
      word += next;
      isWord = true;
    }
  }
  return isWord ? [...words, word] : words;
}

const HOSTILE = [
  "",
  "a b",
  "& calc",
  '"& calc & "',
  '" | calc "',
  '\\"& calc',
  '\\\\"^& calc',
  "a\\",
  "a b\\\\",
  "%HOSTILE%",
  "%%HOSTILE%%",
  "%HOSTILE",
  "100%",
  "%cd:~,%",
  "%cd:~,%HOSTILE%cd:~,%",
  "^%HOSTILE^%",
  "!HOSTILE!",
  "a^&b",
  "<in >out",
  "(a) && b || c",
  '"""',
  '"%HOSTILE%" & "',
  "über 日本",
];

Deno.test("quoteForBatch() lets no word leave its quotes, expand a variable or become another word", () => {
  const signs = ['"', "\\", "%", "&", "|", "^", "!", " ", "HOSTILE", "cd:~,"];
  const pairs = signs.flatMap((one) =>
    signs.flatMap((two) => signs.map((three) => one + two + three))
  );
  const variables = { hostile: '" & calc & "', cd: "C:\\work" };
  for (const word of [...HOSTILE, ...pairs]) {
    const line = `${quoteForBatch("C:\\a b\\run.cmd")} ${quoteForBatch(word)}`;
    const seen = expandVariables(line, variables);
    assertEquals(bareParts(seen).trim(), "", word);
    assertEquals(wordsOf(seen), ["C:\\a b\\run.cmd", word]);
    // The batch file hands on what it got, and what stands there is not expanded again.
    const handedOn = seen.slice(seen.indexOf(" ", seen.indexOf(".cmd")));
    assertEquals(wordsOf(`"node.exe" ${handedOn}`), ["node.exe", word]);
  }
});
