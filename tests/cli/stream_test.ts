import { OrcError } from "../../src/base/error.ts";
import { main } from "../../src/cli/main.ts";
import type { Streams } from "../../src/cli/output.ts";
import { command, type CommandGroup } from "../../src/commands/command.ts";
import { captureStreams, copyCommand, fakeGroups, fakeHost } from "./fake.ts";
import { assertEquals } from "@std/assert";

/** What a fake command does while it streams. */
interface Happening {
  readonly batches: readonly (readonly string[])[];
  readonly error?: Error;
  /** What it has done so far. */
  readonly done: string[];
}

async function* told(happening: Happening): AsyncGenerator<readonly string[]> {
  try {
    for (const batch of happening.batches) {
      yield await Promise.resolve(batch);
      happening.done.push(batch.join());
    }
    if (happening.error) throw happening.error;
  } finally {
    happening.done.push("closed");
  }
}

/** A table with a command `tell` that can stream. */
function groupsWith(happening: Happening): readonly CommandGroup[] {
  const tell = command<{ readonly whole: string }, { readonly word: string }>({
    ...copyCommand,
    args: [],
    run: () => Promise.resolve({ place: null, result: { whole: "All" } }),
    render: ({ whole }) => whole,
    stream: {
      isWanted: (values) => values.on("force"),
      run: () =>
        Promise.resolve({
          batches: wordsOf(told(happening)),
          warnings: () => ["It was much"],
        }),
      render: ({ word }, style) => style.good(word),
    },
  });
  const entry = {
    name: "tell",
    summary: "Tell",
    load: () => Promise.resolve(tell),
  };
  return [...fakeGroups, { title: "Tell", entries: [entry] }];
}

async function* wordsOf(
  batches: AsyncIterable<readonly string[]>,
): AsyncGenerator<readonly { readonly word: string }[]> {
  for await (const batch of batches) yield batch.map((word) => ({ word }));
}

function happeningOf(...batches: readonly string[][]): Happening {
  return { batches, done: [] };
}

Deno.test("main() prints a streamed result as it comes, then the warnings", async () => {
  const streams = captureStreams();
  const groups = groupsWith(happeningOf(["a", "b"], [], ["\x1b[c"]));
  const exitCode = await main(["tell", "-f"], fakeHost(), { streams, groups });
  assertEquals([exitCode, streams.out], [0, "a\nb\n\\x1b[c\n"]);
  assertEquals(streams.err, "Warning: It was much\n");
});

Deno.test("main() prints each part as a document with --output jsonl, wanted or not", async () => {
  for (const flags of [[], ["-f"]]) {
    const streams = captureStreams();
    const groups = groupsWith(happeningOf(["a", "\x9b"]));
    const argv = ["tell", "--output=jsonl", "-q", ...flags];
    await main(argv, fakeHost(), { streams, groups });
    assertEquals(streams.out, '{"word":"a"}\n{"word":"\\u009b"}\n');
    assertEquals(streams.err, "");
  }
});

Deno.test("main() prints one document with --json, and one text where no stream is wanted", async () => {
  const happening = happeningOf(["a"]);
  const groups = groupsWith(happening);
  const streams = captureStreams();
  await main(["tell", "-f", "--json"], fakeHost(), { streams, groups });
  assertEquals(JSON.parse(streams.out).result, { whole: "All" });
  const others = captureStreams();
  await main(["tell"], fakeHost(), { streams: others, groups });
  assertEquals([others.out, happening.done], ["All\n", []]);
});

Deno.test("main() prints one document where a setting asks for JSON, also of what could be streamed", async () => {
  const groups = groupsWith(happeningOf(["a"]));
  const streams = captureStreams();
  const host = fakeHost({ environment: { ORCHESTRATOR_OUTPUT: "json" } });
  await main(["tell", "-f"], host, { streams, groups });
  assertEquals(JSON.parse(streams.out).result, { whole: "All" });
  const lines = captureStreams();
  await main(["tell", "--output=jsonl"], host, { streams: lines, groups });
  assertEquals(lines.out, '{"word":"a"}\n');
});

Deno.test("main() refuses --output jsonl for a command with one result", async () => {
  const streams = captureStreams();
  const argv = ["copy", "a", "--output", "jsonl"];
  const exitCode = await main(argv, fakeHost(), {
    streams,
    groups: fakeGroups,
  });
  assertEquals(JSON.parse(streams.out).error.code, "not_streamed");
  assertEquals(exitCode, 2);
});

Deno.test("main() reports what goes wrong in the middle of a stream", async () => {
  const error = new OrcError("external", "disk_error", "The disk is gone");
  const happening = { ...happeningOf(["a"]), error };
  const groups = groupsWith(happening);
  const streams = captureStreams();
  const exitCode = await main(["tell", "-f"], fakeHost(), { streams, groups });
  assertEquals([exitCode, streams.out], [7, "a\n"]);
  assertEquals(streams.err, "The disk is gone\n");
  const lines = captureStreams();
  const argv = ["tell", "--output=jsonl"];
  await main(argv, fakeHost(), { streams: lines, groups });
  const [part = "", document = ""] = lines.out.split("\n");
  assertEquals(JSON.parse(part), { word: "a" });
  assertEquals(JSON.parse(document).error.code, "disk_error");
});

Deno.test("main() ends a stream quietly when nobody reads any more", async () => {
  const happening = happeningOf(["a"], ["b"], ["c"]);
  const captured = captureStreams();
  const streams: Streams = {
    stdout: (text) => {
      if (text === "b\n") {
        throw Object.assign(new Error("gone"), { name: "BrokenPipe" });
      }
      captured.stdout(text);
    },
    stderr: (text) => captured.stderr(text),
  };
  const groups = groupsWith(happening);
  const exitCode = await main(["tell", "-f"], fakeHost(), { streams, groups });
  assertEquals([exitCode, captured.out, captured.err], [0, "a\n", ""]);
  assertEquals(happening.done, ["a", "closed"]);
});
