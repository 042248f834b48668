import type { Finding, Severity } from "../base/finding.ts";
import { countOf } from "../base/text.ts";
import type { Diagnosis } from "../doctor/use.ts";
import type { Style } from "./command.ts";

/** Findings of one kind that are shown; a thousand sessions may have the same. */
const MAX_SHOWN = 3;

const TITLES: readonly (readonly [Severity, string])[] = [
  ["error", "Errors"],
  ["warning", "Warnings"],
  ["info", "Good to know"],
];

/** How a repository is, for people: the worst first, each kind once. */
export function diagnosisText(
  { findings, fixed, repaired, sessions }: Omit<Diagnosis, "place">,
  style: Style,
): string {
  const done = fixed.map(({ message }) => `Fixed: ${message}`);
  if (repaired !== null) {
    const { session, serial, aside } = repaired;
    const where = aside === null ? "" : `; what it replaced is in "${aside}"`;
    done.push(
      `Repaired: session "${session}", now at update ${serial}${where}`,
    );
  }
  return [
    ...done,
    headline(findings, sessions, style),
    ...TITLES.flatMap(([severity, title]) =>
      section(findings.filter((one) => one.severity === severity), title, style)
    ),
  ].join("\n");
}

function headline(
  findings: readonly Finding[],
  sessions: number,
  style: Style,
): string {
  const looked = `${countOf(sessions, "session")} looked at`;
  const [errors = 0, warnings = 0] = ["error", "warning"].map((severity) =>
    findings.filter((finding) => finding.severity === severity).length
  );
  if (errors + warnings === 0) return style.good(`Healthy, ${looked}`);
  const counts = [
    ...errors > 0 ? [countOf(errors, "error")] : [],
    ...warnings > 0 ? [countOf(warnings, "warning")] : [],
  ].join(" and ");
  return `${errors > 0 ? style.bad(counts) : style.warn(counts)}, ${looked}`;
}

function section(
  findings: readonly Finding[],
  title: string,
  style: Style,
): readonly string[] {
  if (findings.length === 0) return [];
  const codes = new Set(findings.map(({ code }) => code));
  const kinds = Array.from(
    codes,
    (kind) => findings.filter(({ code }) => code === kind),
  );
  return ["", style.bold(title), ...kinds.flatMap(kindText)];
}

/** Those of one kind say the same, of several files; what to do is said for each, as it names them. */
function kindText(findings: readonly Finding[]): readonly string[] {
  const shown = findings.slice(0, MAX_SHOWN).flatMap(({ message, remedy }) => [
    `  ${message}`,
    `    Try: ${remedy}`,
  ]);
  const more = findings.length - MAX_SHOWN;
  return more > 0
    ? [...shown, `  and ${more} more like it; all of them: orc doctor --json`]
    : shown;
}
