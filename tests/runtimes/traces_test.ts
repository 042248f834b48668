/** What orc leaves on a machine. */
import { playToTheEnd } from "../journey/honest_agent.ts";
import {
  inDirectory,
  inRepository,
  runtimeCaches,
  treeOf,
} from "../journey/orc.ts";
import { assert, assertEquals } from "@std/assert";

/** What the built-in workflow asks the agent to write, and what the agent brings along. */
const WORK = /^(?:docs\/|README\.md$|\.git\/)/;

Deno.test("a whole session leaves nothing outside .orchestrator", () =>
  inRepository((repository) =>
    inDirectory(async ({ directory: elsewhere }) => {
      const [home, temporary] = [`${elsewhere}/home`, `${elsewhere}/tmp`];
      await Deno.mkdir(home);
      await Deno.mkdir(temporary);
      const env = {
        ...runtimeCaches(),
        HOME: home,
        TMPDIR: temporary,
      };
      await repository.result(["start", "Add login"], { env });
      await playToTheEnd(repository, { env });
      const inside = Object.keys(await treeOf(repository.directory));
      const own = inside.filter((path) => path.startsWith(".orchestrator/"));
      assert(own.length > 0);
      const foreign = inside.filter((path) =>
        !own.includes(path) && !WORK.test(path)
      );
      assertEquals(foreign, []);
      assertEquals(await treeOf(elsewhere), { "home/": "", "tmp/": "" });
    })
  ));
