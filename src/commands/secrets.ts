import { OrcError } from "../base/error.ts";
import { isProblem } from "../base/finding.ts";
import { countOf } from "../base/text.ts";
import {
  diagnoseSecrets,
  type SecretsDiagnosis,
} from "../secrets/diagnose_secrets.ts";
import { command, sessionOptions, type Style } from "./command.ts";

type Result = Omit<SecretsDiagnosis, "place">;

/** `orc secrets doctor` */
export const secretsDoctorCommand = command<Result>({
  name: "secrets doctor",
  summary: "Find secrets that are missing or exposed",
  description:
    "Finds secrets that the workflow or a setting names and nobody has, that cannot be opened, that others may read, that git tracks, that are not encrypted, and keys that lie beside what they open. Changes nothing and shows no value. Exits with 3 if anything is found that is more than good to know.",
  args: [],
  flags: [],
  effect: "reads",
  permissions: ["run"],
  examples: ["orc secrets doctor", "orc secrets doctor --json"],
  async run(host, values) {
    const { place, ...result } = await diagnoseSecrets(
      host,
      sessionOptions(values, "secrets doctor"),
    );
    return { place, result, refusal: refusalOf(result) };
  },
  render: doctorText,
});

function refusalOf({ healthy, findings }: Result): OrcError | undefined {
  if (healthy) return undefined;
  const count = countOf(findings.filter(isProblem).length, "problem");
  return new OrcError("refused", "not_healthy", `Doctor found ${count}`);
}

function doctorText(
  { healthy, secrets, findings }: Result,
  style: Style,
): string {
  const looked = `${countOf(secrets, "stored secret")} looked at`;
  return [
    healthy ? style.good(`Healthy, ${looked}`) : looked,
    ...findings.flatMap(({ severity, message, remedy }) => [
      `${severity}: ${message}`,
      `  Try: ${remedy}`,
    ]),
  ].join("\n");
}
