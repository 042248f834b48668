/** The figures as they stand in the documentation: `deno task tokens` measures and writes them. */
import { type Cost, costOf, RUNS } from "./runs.ts";
import { STANDING, tokensOf } from "./standing.ts";

const PAGE = "docs/agents.md";

/** Around the tables, which a program writes. */
const MARKS = ["<!-- tokens:begin -->", "<!-- tokens:end -->"] as const;

/** What each run costs. */
export async function measureRuns(): Promise<readonly Cost[]> {
  const costs: Cost[] = [];
  for (const run of RUNS) costs.push(await costOf(run));
  return costs;
}

/** Both tables, in rows and cells. */
export function tables(
  costs: readonly Cost[],
): readonly (readonly (readonly string[])[])[] {
  return [
    [
      ["read in each session", "tokens", "at most"],
      ...STANDING.map((one) => [one.name, `${tokensOf(one)}`, `${one.limit}`]),
    ],
    [
      ["work", "size", "commands", "tokens"],
      ...costs.map(({ name, size, commands, tokens }) => [
        name,
        size,
        `${commands}`,
        `${tokens}`,
      ]),
    ],
  ];
}

/** The rows and cells of the tables that stand on the page. */
export function tablesOnPage(): ReturnType<typeof tables> {
  const [, inside = ""] = partsOfPage();
  return inside.trim().split("\n\n").map((table) =>
    table.split("\n").filter((row) => !/^\|[ |:-]+$/.test(row)).map((row) =>
      row.split("|").slice(1, -1).map((cell) => cell.trim())
    )
  );
}

function partsOfPage(): readonly [string, string, string] {
  const text = Deno.readTextFileSync(PAGE);
  const [begin, end] = MARKS.map((mark) => text.indexOf(mark));
  if (begin === undefined || end === undefined || begin < 0 || end < begin) {
    throw new Error(`${PAGE} has lost its marks ${MARKS.join(" and ")}`);
  }
  const from = begin + MARKS[0].length;
  return [text.slice(0, from), text.slice(from, end), text.slice(end)];
}

function markdown(rows: readonly (readonly string[])[]): string {
  const [head = [], ...others] = rows;
  return [head, head.map(() => "---"), ...others]
    .map((cells) => `| ${cells.join(" | ")} |`).join("\n");
}

if (import.meta.main) {
  const measured = tables(await measureRuns()).map(markdown).join("\n\n");
  console.log(measured);
  const [before, , after] = partsOfPage();
  Deno.writeTextFileSync(PAGE, `${before}\n\n${measured}\n\n${after}`);
  await new Deno.Command(Deno.execPath(), { args: ["fmt", "--quiet", PAGE] })
    .output();
}
