import {
  type SecretFacts,
  type SecretFileFact,
  secretFindings,
} from "../../src/secrets/rules.ts";
import { assertEquals } from "@std/assert";

const DIRECTORY = "/shop/.orchestrator/secrets";

const FINE: SecretFileFact = {
  path: `${DIRECTORY}/API_KEY.age`,
  level: "repository",
  name: "API_KEY",
  mode: 0o600,
  isTracked: false,
  trouble: null,
  length: 20,
};

function codesOf(
  facts: Partial<SecretFacts>,
  file: Partial<SecretFileFact> = {},
): readonly string[] {
  return secretFindings({
    directory: DIRECTORY,
    missing: [],
    files: [{ ...FINE, ...file }],
    identity: { path: "/home/identity", mode: 0o600, isTracked: false },
    keysBeside: [],
    tokenFiles: [],
    legacyPath: null,
    ...facts,
  }).map(({ severity, code }) => `${severity} ${code}`);
}

Deno.test("secretFindings() finds nothing where all is well", () => {
  assertEquals(codesOf({}), []);
  assertEquals(codesOf({ identity: null, files: [] }), []);
  assertEquals(codesOf({}, { mode: null, length: null }), []);
});

Deno.test("secretFindings() finds each thing that is wrong", () => {
  for (
    const [facts, file, code] of [
      [{ missing: ["A"] }, {}, "error secret_missing"],
      [{}, { trouble: "plain", length: null }, "error secret_plaintext"],
      [{}, { trouble: "locked" }, "warning secret_locked"],
      [{}, { trouble: "damaged" }, "warning secret_damaged"],
      [{}, { trouble: "unreadable" }, "warning secret_unreadable"],
      [{}, { trouble: "linked" }, "warning secret_linked"],
      [{}, { mode: 0o644 }, "warning secret_readable"],
      [{}, { isTracked: true }, "warning secret_committed"],
      [{}, { length: 7 }, "info secret_short"],
      [
        { identity: { path: "/i", mode: 0o640, isTracked: false } },
        {},
        "error identity_exposed",
      ],
      [
        { identity: { path: "/i", mode: 0o600, isTracked: true } },
        {},
        "error identity_exposed",
      ],
      [{ keysBeside: ["/shop/.env"] }, {}, "error key_beside_secrets"],
      [{ tokenFiles: ["/shop/workflow.yaml"] }, {}, "error token_in_file"],
      [{ legacyPath: "/shop/.secrets.enc" }, {}, "info legacy_secrets"],
    ] as const
  ) {
    assertEquals(codesOf(facts, file), [code]);
  }
});
