/** The codes of errors are a list that is neither too short nor too long. */
import {
  type DetailsOf,
  isOrcError,
  openRepository,
  OrcError,
  type OrcErrorCode,
} from "../../mod.ts";
import type { ErrorKind } from "../../src/base/error.ts";
import { errorSchema } from "../../src/commands/answers.ts";
import { errorConditions } from "../../src/commands/errors.ts";
import { fixedHost, withRoot } from "../work/fixtures.ts";
import { assert, assertEquals } from "@std/assert";
import { walkSync } from "@std/fs/walk";

const LIST = "src/base/codes.ts";
const CATALOGUE = "src/commands/errors.ts";

/** All sources but the list, as one text. */
const SOURCES = Array.from(
  walkSync("src", { includeDirs: false, match: [/\.ts$/] }),
  ({ path }) => path,
).filter((path) => path !== LIST && path !== CATALOGUE).map((path) =>
  Deno.readTextFileSync(path)
)
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

/** The functions that make errors, by the kind that they give. */
const MAKERS: ReadonlyMap<string, ErrorKind> = new Map(Object.entries(
  {
    usage: "usage",
    refused: "refused",
    notFound: "not_found",
    conflict: "conflict",
    corrupt: "corrupt",
    external: "external",
    pending: "pending",
    denied: "denied",
    misconfigured: "config",
  } as const,
));

Deno.test("each code of an error is in the catalogue, with one meaning and the kinds it is thrown with", () => {
  const conditions = errorConditions();
  assertEquals(conditions.map(({ code }) => code), CODES);
  const meanings = conditions.map(({ meaning }) => meaning);
  assertEquals(meanings.filter((each) => each.length < 10), []);
  const kindsOf = new Map<string, readonly string[]>(
    conditions.map(({ code, kinds }) => [code, kinds]),
  );
  const thrown = Array.from(
    SOURCES.matchAll(/\b(\w+)\(\s*"(\w+)",|\[(\w+), "(\w+)"\]/g),
    ([, call = "", code = "", maker = "", other = ""]) =>
      [MAKERS.get(call || maker), code || other] as const,
  ).filter(([kind]) => kind !== undefined);
  assert(thrown.length > 150, `only ${thrown.length} found`);
  const wrong = thrown.filter(([kind, code]) =>
    !kindsOf.get(code)?.includes(kind ?? "")
  );
  assertEquals(wrong, []);
});

Deno.test("orc schema error names each code with its kind, exit code and meaning", () => {
  const { definitions } = Object(errorSchema());
  const known = definitions.codes.anyOf;
  assertEquals(known.map((each: { const: string }) => each.const), CODES);
  assertEquals(
    known.find((each: { const: string }) => each.const === "check_failed"),
    {
      const: "check_failed",
      title: "refused (3)",
      description: "the check of the item failed",
    },
  );
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
