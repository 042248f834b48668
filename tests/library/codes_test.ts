/** The codes of errors are a list that is neither too short nor too long. */
import {
  type DetailsOf,
  isOrcError,
  openRepository,
  OrcError,
  type OrcErrorCode,
} from "../../mod.ts";
import { fixedHost, withRoot } from "../work/fixtures.ts";
import { assert, assertEquals } from "@std/assert";
import { walkSync } from "@std/fs/walk";

const LIST = "src/base/codes.ts";

/** All sources but the list, as one text. */
const SOURCES = Array.from(
  walkSync("src", { includeDirs: false, match: [/\.ts$/] }),
  ({ path }) => path,
).filter((path) => path !== LIST).map((path) => Deno.readTextFileSync(path))
  .join("\n");

const CODES = Array.from(
  Deno.readTextFileSync(LIST).matchAll(/^ {2}\| "(\w+)"/gm),
  ([, code = ""]) => code,
);

/** How codes are put together from a part that is none by itself. */
const COMPOSED = /^(?:cannot_\w+|ambiguous_\w+_id|no_such_(?:item|phase))$/;

Deno.test("each code of an error that is listed is thrown somewhere", () => {
  const unused = CODES.filter((code) =>
    !SOURCES.includes(`"${code}"`) && !COMPOSED.test(code)
  );
  assertEquals(unused, []);
  assert(CODES.length > 150, `only ${CODES.length} found`);
  assertEquals(CODES, [...new Set(CODES)].sort());
});

Deno.test("each code of an error that is thrown is listed", () => {
  // Elsewhere the compiler sees to it.
  const thrown = Array.from(
    SOURCES.matchAll(/new OrcError\(\s*[\w"]+,\s*"(\w+)"/g),
    ([, code = ""]) => code,
  );
  assertEquals(thrown.filter((code) => !CODES.includes(code)), []);
  assert(thrown.length > 1, `only ${thrown.length} found`);
});

Deno.test("isOrcError() knows errors of another copy of orc, by their code", () => {
  const details = { itemId: "plan", firstItemId: "idea" };
  const own = new OrcError("refused", "out_of_order", "No", { details });
  const other = Object.assign(new Error("No"), {
    name: "OrcError",
    code: "out_of_order",
    details,
  });
  for (const error of [own, other]) {
    assert(isOrcError(error));
    assert(!isOrcError(error, "lock_held"));
    if (!isOrcError(error, "out_of_order")) throw error;
    const { firstItemId }: DetailsOf<"out_of_order"> = error.details;
    assertEquals(firstItemId, "idea");
  }
  const others = [new Error("No"), null, "OrcError", { name: "OrcError" }];
  assertEquals(others.filter((error) => isOrcError(error)), []);
});

Deno.test("a code of an error is one of a list for the compiler", () => {
  const known: OrcErrorCode = "lock_held";
  // @ts-expect-error It is misspelt.
  const unknown: OrcErrorCode = "lock_hold";
  assert(CODES.includes(known) && !CODES.includes(unknown));
});

Deno.test("isOrcError() tells the compiler what a failed check and open items say", () =>
  withRoot({ "workflow.yaml": CHECKED }, async (root) => {
    const host = fixedHost();
    const repository = await openRepository({ root, host });
    const session = await repository.start("Add login");
    const failed = await session.complete("page").catch((error) => error);
    assert(isOrcError(failed, "check_failed"));
    const { result, tries } = failed.details;
    assert(result.type === "file_exists");
    assertEquals([tries, result.name], [1, "page.md"]);
    const blocked = await session.finish().catch((error) => error);
    assert(isOrcError(blocked, "blocked"));
    const found = blocked.details.blockers.map(({ code, itemId }) =>
      `${code} ${itemId}`
    );
    assertEquals(found, ["item_open page"]);
  }));

const CHECKED = `name: Checked
phases:
  - id: BUILD
    name: Build
    items:
      - {id: page, name: Page, verification: {type: file_exists, path: page.md}}
`;
