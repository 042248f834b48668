/** Many real commands at once, on files. */
import { withTemporaryDirectory } from "../files/temporary.ts";
import { startOrc } from "./orc_process.ts";
import { PARALLEL_SCENES } from "./scenes.ts";
import { problemsIn, sessionsIn } from "./whole.ts";

for (const [name, play] of Object.entries(PARALLEL_SCENES)) {
  Deno.test({
    name,
    ignore: name.includes("a check") && Deno.build.os === "windows",
    fn: () =>
      withTemporaryDirectory((root) =>
        play({
          ...{ root, variables: {} },
          start: (args) => startOrc(root, args),
          sessions: () => sessionsIn(root),
          problems: () => problemsIn(root),
        })
      ),
  });
}
