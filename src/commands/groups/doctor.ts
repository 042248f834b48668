import { type OrcError, refused } from "../../base/error.ts";
import { type Finding, isProblem, type Severity } from "../../base/finding.ts";
import { countOf } from "../../base/text.ts";
import type { RepairRequest, SessionRepair } from "../../doctor/repair.ts";
import type { Diagnosis } from "../../doctor/use.ts";
import { type Clamped, clamped } from "../clamp.ts";
import {
  command,
  flag,
  humanFlag,
  type ResultOf,
  type Style,
  type Values,
} from "../command.ts";

/** Findings of one kind that are shown; a thousand sessions may have the same. */
const MAX_SHOWN = 3;

const TITLES: readonly (readonly [Severity, string])[] = [
  ["error", "Errors"],
  ["warning", "Warnings"],
  ["info", "Good to know"],
];

type DoctorResult = ResultOf<Diagnosis> & {
  /** Of all findings, also where they are not all listed. */
  readonly counts: { readonly errors: number; readonly warnings: number };
};

function diagnosisText(
  { findings, fixed, repaired, sessions, unchanged, counts, dryRun }:
    DoctorResult,
  style: Style,
): string {
  const did = dryRun ? "Would fix" : "Fixed";
  const done = fixed.map(({ message }) => `${did}: ${message}`);
  if (repaired !== null) {
    const { session, serial, aside } = repaired;
    const where = aside === null ? "" : `; what it replaced is in "${aside}"`;
    done.push(
      `Repaired: session "${session}", now at update ${serial}${where}`,
    );
  }
  return [
    ...done,
    headline(counts, lookedAt(sessions, unchanged), style),
    ...TITLES.flatMap(([severity, title]) =>
      section(findings.filter((one) => one.severity === severity), title, style)
    ),
  ].join("\n");
}

/** What was not read is not said to have been. */
function lookedAt(sessions: number, unchanged: number): string {
  const looked = `${countOf(sessions, "session")} looked at`;
  return unchanged === 0
    ? looked
    : `${looked}, ${unchanged} of them unchanged since last found sound`;
}

function headline(
  { errors, warnings }: DoctorResult["counts"],
  looked: string,
  style: Style,
): string {
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
    ? [
      ...shown,
      `  and ${more} more like it; all of them: orc doctor --limit all --json`,
    ]
    : shown;
}

const REPAIRS: readonly (readonly [string, SessionRepair, string])[] = [
  [
    "trust-state",
    "trust_state",
    "Go on from an older state that was put back",
  ],
  ["resign", "resign", "Sign a state that was changed by hand"],
  ["restore", "restore", "Replace a destroyed state by its newest checkpoint"],
];

export const doctorCommand = command<Clamped<DoctorResult>>(
  clamped<DoctorResult>({ lists: ["findings", "fixed"] }, {
    description:
      "Looks at all that orc keeps for the repository: locks and who holds them, what killed processes left, damaged states and logs, names of sessions that do not exist, links, permissions, git, the disk, settings, secrets, and files of the older tool. Each finding says what it means and what to do. Looking takes no lock and changes nothing. Of 100 sessions or more it does not read those again whose files are unchanged since it last found them sound; --all reads all. Exits with 3 on any warning or error.\n\nWith --fix it puts right what loses nothing: it removes what dead processes left, brings logs in step, finishes a migration that was cut short, hides the state from git, and clears names of sessions that do not exist. A damaged file is renamed and not removed.\n\nThree decisions are for a human, who types the session's id. What they replace is renamed too, and the log tells of it.",
    flags: [
      flag("--fix", "Put right what can be without losing anything", {
        effect: "rewrites",
      }),
      flag("--dry-run", "Show what --fix would put right, and change nothing", {
        effect: "reads",
        needs: "fix",
        excludes: REPAIRS.map(([name]) => name),
      }),
      flag("-y, --yes", "No effect: --fix asks nobody"),
      flag("--all", "Read every session, also the unchanged ones"),
      ...REPAIRS.map(([name, , summary]) =>
        humanFlag(`--${name} ID`, summary, {
          values: "session",
          excludes: REPAIRS.flatMap(([other]) => other === name ? [] : [other]),
        })
      ),
    ],
    effect: "reads",
    permissions: ["sys", "run"],
    examples: ["orc doctor", "orc doctor --fix", "orc doctor --resign 01k9"],
    async use(host, options, values) {
      const { diagnoseRepository } = await import("../../doctor/use.ts");
      const diagnosis = await diagnoseRepository(host, {
        ...options,
        fix: values.on("fix"),
        dryRun: values.on("dry-run"),
        full: values.on("all"),
        repair: repairIn(values),
      });
      const countOfSeverity = (wanted: Severity) =>
        diagnosis.findings.filter(({ severity }) => severity === wanted).length;
      const counts = {
        errors: countOfSeverity("error"),
        warnings: countOfSeverity("warning"),
      };
      return { ...diagnosis, counts, refusal: unhealthy(diagnosis) };
    },
    render: diagnosisText,
  }),
);

function repairIn(values: Values): RepairRequest | undefined {
  const [given] = REPAIRS.flatMap(([flag, repair]) => {
    const session = values.text(flag);
    return session === undefined ? [] : [{ repair, session }];
  });
  return given;
}

/** The refusal of a doctor that found more than what is good to know. */
export function unhealthy(
  { healthy, findings }: Pick<Diagnosis, "healthy" | "findings">,
): OrcError | undefined {
  if (healthy) return undefined;
  const count = countOf(findings.filter(isProblem).length, "problem");
  return refused("not_healthy", `Doctor found ${count}`);
}
