import { sessionLayout } from "../../src/base/layout.ts";
import { denoHost } from "../../src/host/deno_host.ts";
import { startSession } from "../../src/work/start.ts";
import { bundleProgram } from "../build/program.ts";
import { timeOf, withBenchDirectory } from "./row.ts";

const ROOT = new URL("../..", import.meta.url).pathname.replace(/\/$/, "");

const LOG_BYTES = 1_000_000_000;
const LIMIT_MEGABYTES = 200;

/** How often a process is asked how much memory it had at most: that never becomes less. */
const POLL_MS = 10;

/** What takes a session with a long log out and in, as it is typed in one of two clones. */
const STEPS: readonly {
  readonly clone: "here" | "there";
  readonly args: readonly string[];
  readonly isMeasured?: boolean;
}[] = [
  {
    clone: "here",
    args: ["snapshot", "export", "--plain", "-o", "../plain.orc"],
  },
  { clone: "here", args: ["snapshot", "inspect", "../plain.orc"] },
  { clone: "there", args: ["snapshot", "import", "../plain.orc"] },
  { clone: "here", args: ["note", "Going on"], isMeasured: false },
  {
    clone: "here",
    args: [
      ...["snapshot", "export", "-o", "../locked.orc"],
      ...["--passphrase-file", "../passphrase"],
    ],
  },
  {
    clone: "there",
    args: [
      ...["snapshot", "import", "../locked.orc"],
      ...["--passphrase-file", "../passphrase"],
    ],
  },
];

/** Takes a session with a log of a gigabyte out and in, on each runtime; a line of text for each step. */
export async function measureSnapshot(): Promise<readonly string[]> {
  return [
    ...await measureOn("Deno", [Deno.execPath(), "run", "-A"], "deno"),
    ...await measureOn("Node", ["node"], "node"),
  ];
}

function measureOn(
  runtime: string,
  command: readonly string[],
  shape: "deno" | "node",
): Promise<readonly string[]> {
  return withBenchDirectory(async (directory) => {
    const built = `${directory}/program`;
    await bundleProgram(ROOT, built, shape);
    await Deno.writeTextFile(`${built}/package.json`, '{"type":"module"}\n');
    await Deno.writeTextFile(`${directory}/passphrase`, "open sesame\n");
    await prepare(directory);
    const main = shape === "node" ? "orc.js" : "main.js";
    const lines: string[] = [];
    for (const { clone, args, isMeasured = true } of STEPS) {
      let peakMegabytes = 0;
      const milliseconds = await timeOf(async () => {
        peakMegabytes = await peakOf(`${directory}/${clone}`, [
          ...command,
          `${built}/${main}`,
          ...args,
        ]);
      });
      if (!isMeasured) continue;
      lines.push(
        `${runtime}: orc ${args.slice(0, 2).join(" ")} ${
          args.includes("--passphrase-file") ? "with a passphrase" : ""
        } of a log of 1 GB: ${
          (milliseconds / 1000).toFixed(1)
        } s; peak memory ${
          peakMegabytes.toFixed(0)
        } MB (limit ${LIMIT_MEGABYTES} MB)`.replace("  ", " "),
      );
    }
    return lines;
  });
}

/** Makes two clones of one remote, and a session with a long log in the first. */
async function prepare(directory: string): Promise<void> {
  for (const clone of ["here", "there"]) {
    const git = `${directory}/${clone}/.git`;
    await Deno.mkdir(`${git}/objects`, { recursive: true });
    await Deno.writeTextFile(`${git}/HEAD`, "ref: refs/heads/main\n");
    await Deno.writeTextFile(
      `${git}/config`,
      '[remote "origin"]\n\turl = https://example.org/o/r.git\n',
    );
  }
  const root = `${directory}/here`;
  const { place } = await startSession(denoHost(), { root, task: "Measure" });
  extend(sessionLayout(root, place.session).log);
}

/** Lines as orc writes them, each with its own id and its own place in a chain. */
function extend(path: string): void {
  const first = Deno.readTextFileSync(path).split("\n")[0] ?? "";
  const { id } = JSON.parse(first);
  const [, chain = ""] = /"chain": "(\w+)"/.exec(first) ?? [];
  const encoder = new TextEncoder();
  const file = Deno.openSync(path, { append: true });
  let number = 0;
  for (let bytes = 0; bytes < LOG_BYTES;) {
    let block = "";
    while (block.length < 1_000_000) {
      const digits = String(number++).padStart(16, "0");
      block += `${
        first.replace(id, `01kk${digits}000000`)
          .replace(
            chain,
            `${digits}${crypto.randomUUID().replaceAll("-", "")}`.padEnd(
              64,
              "0",
            ),
          )
      }\n`;
    }
    const content = encoder.encode(block);
    for (let done = 0; done < content.length;) {
      done += file.writeSync(content.subarray(done));
    }
    bytes += content.length;
  }
  file.close();
}

/** Runs a program to its end and returns the most memory it had at once. */
async function peakOf(
  cwd: string,
  [program = "", ...args]: readonly string[],
): Promise<number> {
  const child = new Deno.Command(program, {
    args,
    cwd,
    stdin: "null",
    stdout: "null",
    stderr: "piped",
  }).spawn();
  let kilobytes = 0;
  const timer = setInterval(() => {
    try {
      const status = Deno.readTextFileSync(`/proc/${child.pid}/status`);
      const [, text = "0"] = /^VmHWM:\s+(\d+) kB$/m.exec(status) ?? [];
      kilobytes = Math.max(kilobytes, Number(text));
    } catch {
      // It has ended.
    }
  }, POLL_MS);
  const { success, stderr } = await child.output();
  clearInterval(timer);
  if (!success) throw new Error(new TextDecoder().decode(stderr));
  return kilobytes / 1024;
}
