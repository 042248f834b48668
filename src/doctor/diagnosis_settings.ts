import {
  errorFinding,
  type Finding,
  infoFinding,
  warningFinding,
} from "../base/finding.ts";
import { nameOf } from "../base/path.ts";
import { secretFindings } from "../secrets/rules.ts";
import type { DiagnosisFacts, Trouble } from "./diagnosis_facts.ts";

/** Settings and secrets, here and of the user. */
export const settingChecks = [
  unusableSettings,
  doubtfulSettings,
  legacySettings,
  secrets,
  unreadableSecrets,
];

function unusableSettings(facts: DiagnosisFacts): readonly Finding[] {
  return facts.config.troubles.filter(isNews(facts))
    .map(({ code, path, message }) =>
      errorFinding({
        code: code === "invalid_setting" ? code : "unreadable_config",
        path,
        message,
        remedy: "correct it; what counts is shown by: orc config list",
      })
    );
}

function doubtfulSettings({ config }: DiagnosisFacts): readonly Finding[] {
  return config.notes.map(({ path, message }) =>
    infoFinding({
      code: "doubtful_setting",
      path,
      message,
      remedy: "see what counts, and from where: orc config list",
    })
  );
}

function legacySettings(
  { config, layout }: DiagnosisFacts,
): readonly Finding[] {
  return config.legacyFiles.map((path) =>
    infoFinding({
      code: "legacy_config",
      path,
      message: `"${path}" holds settings for the older tool, which orc reads`,
      remedy: nameOf(path) === nameOf(layout.legacyOverrides)
        ? "see whether it would move: orc migrate --dry-run"
        : "keep them one by one: orc config set NAME VALUE --global",
    })
  );
}

function secrets({ secrets }: DiagnosisFacts): readonly Finding[] {
  return "trouble" in secrets ? [] : secretFindings(secrets);
}

function unreadableSecrets(facts: DiagnosisFacts): readonly Finding[] {
  const { secrets } = facts;
  if (!("trouble" in secrets)) return [];
  // What this process may not look at can be well all the same.
  const isAllowed = secrets.trouble.code !== "permission_missing";
  const finding = isAllowed ? warningFinding : infoFinding;
  return [secrets.trouble].filter(isNews(facts)).map(({ path, message }) =>
    finding({
      code: "unreadable_secrets",
      path,
      message: `${message}; no secret was looked at`,
      remedy: "put that right, then: orc secrets doctor",
    })
  );
}

/** What is wrong with a path that everything needs is said once. */
function isNews(
  { troubles, metaTrouble, paths, layout }: DiagnosisFacts,
): (trouble: Trouble) => boolean {
  const said = new Set([
    ...[...troubles, metaTrouble].flatMap((each) => each?.path ?? []),
    ...paths.filter(({ path, kind }) =>
      kind === "symlink" || kind === "other" || path === layout.secrets
    ).map(({ path }) => path),
  ]);
  return ({ path }) => !said.has(path);
}
