import parts from "../../src/commands/answers.json" with { type: "json" };
import { answerSchemas } from "../../src/commands/begin.ts";
import { assert } from "@std/assert";
import { Ajv, type ValidateFunction } from "ajv";

/** What `orc schema` prints, by its argument. */
export const answers = answerSchemas(parts);

const ajv = new Ajv({ allowUnionTypes: true });

/** What was made of a schema; making it takes longer than all the rest. */
const validators = new Map<string, ValidateFunction>();

/** Fails unless an answer is what `orc schema COMMAND` says. */
export function assertFitsSchema(
  document: { readonly command: string | null },
): void {
  const name = document.command ?? "error";
  const validate = validatorFor(name);
  const isFitting = validate(document);
  const problems = (validate.errors ?? []).map(
    ({ instancePath, message, params }) =>
      `${instancePath} ${message} ${JSON.stringify(params)}`,
  );
  assert(
    isFitting,
    `The answer of "${name}" does not fit its schema, see deno task docs:answers:\n${
      problems.join("\n")
    }`,
  );
}

function validatorFor(name: string): ValidateFunction {
  const known = validators.get(name);
  if (known !== undefined) return known;
  const schema = answers.get(name);
  assert(
    schema !== undefined,
    `"${name}" has no schema: deno task docs:answers`,
  );
  const made = ajv.compile(schema);
  validators.set(name, made);
  return made;
}
