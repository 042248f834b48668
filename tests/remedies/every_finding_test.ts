/** No finding can be added to doctor without a proof of what it says. */
import { assertEquals } from "@std/assert";

const RULES = [
  "src/doctor/rules.ts",
  "src/doctor/session_rules.ts",
  "src/doctor/machine_rules.ts",
  "src/secrets/rules.ts",
];

/** Where codes are named in the rules: by what makes a row, as a member, or as a lock's. */
const NAMED = [
  /\b(?:error|warning|info)\(\s*["`]([^"`]+)["`]/g,
  /\bcode: ["`]([^"`]+)["`]/g,
  /"(lock_\w+)"/g,
];

/** What stands for the variable part of a code. */
const PARTS: Readonly<Record<string, readonly string[]>> = {
  wanted: ["current", "binding"],
  trouble: ["locked", "damaged", "unreadable", "linked"],
};

/** They need kinds of file systems that a test cannot make; rules and mount tables are tested by themselves. */
const OF_OTHER_MACHINES = ["network_file_system", "no_hard_links"];

/** What is advised is done among worktrees and in a home, in tests/bad_inputs/places_test.ts. */
const OF_PLACES = ["stranded_state", "state_of_no_project"];

function codesIn(text: string): readonly string[] {
  return NAMED.flatMap((pattern) =>
    Array.from(text.matchAll(pattern), ([, code = ""]) => code)
  ).flatMap((code) => {
    const [part, name = ""] = /\$\{(\w+)\}/.exec(code) ?? [];
    if (part === undefined) return [code];
    return (PARTS[name] ?? []).map((each) => code.replace(part, each));
  });
}

Deno.test("every finding of doctor has a test that does what it says", () => {
  const codes = RULES.flatMap((path) => codesIn(Deno.readTextFileSync(path)));
  const tests = [...Deno.readDirSync("tests/remedies")]
    .map(({ name }) => Deno.readTextFileSync(`tests/remedies/${name}`))
    .join("\n");
  const unproven = [...new Set(codes)].filter((code) =>
    ![...OF_OTHER_MACHINES, ...OF_PLACES].includes(code) &&
    !tests.includes(`code: "${code}"`) && !tests.includes(`name: "${code} `) &&
    !tests.includes(`["${code}",`)
  );
  assertEquals(unproven, []);
});
