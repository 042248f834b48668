/** An option that a call does not take would do nothing: it is refused, with the name that may be meant. */
import { isOrcError, OrcError } from "../../mod.ts";
import { openRepository } from "../../src/library/repository.ts";
import { refusalWithoutTrace } from "../files/temporary.ts";
import { fixedHost, withRoot, withSession } from "../work/fixtures.ts";
import { methods } from "./methods.ts";
import { assert, assertEquals } from "@std/assert";

const host = fixedHost({ number: 1 });

/** As a program without types gives them. */
const misspelt = (options: Readonly<Record<string, unknown>>) => options;

Deno.test("a misspelt option is refused with the name that may be meant, and nothing is changed", () =>
  withSession(async (root) => {
    const session = (await openRepository({ root, host })).session();
    const attempt = () =>
      session.complete("idea", misspelt({ note: "As Ada does" }));
    const error = await refusalWithoutTrace(root, attempt);
    assert(isOrcError(error, "unknown_option"));
    assertEquals(error.details, { option: "note", meant: "notes" });
    assertEquals([error.message, error.hint], [
      'No option "note" here',
      "did you mean notes?",
    ]);
  }));

Deno.test("an option that nobody knows is refused with those that there are", () =>
  withRoot({}, async (root) => {
    const options = misspelt({ root, host, colour: "red" });
    const error = await openRepository(options).catch((error) => error);
    assert(error instanceof OrcError);
    assertEquals([error.code, error.hint], [
      "unknown_option",
      "it takes root, host, signal, lockTimeoutMs",
    ]);
  }));

/** What makes no call of its own. */
const QUIET: readonly string[] = ["repository.session"];

Deno.test("each method of a handle refuses an option that it does not take", () =>
  withSession(async (root) => {
    const repository = await openRepository({ root, host });
    const handles: Readonly<Record<string, object>> = {
      repository,
      session: repository.session(),
      config: repository.config,
      secrets: repository.secrets,
    };
    const accepted: string[] = [];
    for (const name of methods().filter((name) => !QUIET.includes(name))) {
      const error = await refusalOfNonsense(handles, name);
      if (!isOrcError(error, "unknown_option")) accepted.push(name);
    }
    assertEquals(accepted, []);
  }));

/** Calls a method with an option that it does not take, behind all that it needs. */
async function refusalOfNonsense(
  handles: Readonly<Record<string, object>>,
  name: string,
): Promise<unknown> {
  const [handle = "", method = ""] = name.split(".");
  const owner = handles[handle] as unknown as Record<
    string,
    (...args: readonly unknown[]) => unknown
  >;
  const needed = owner[method]?.length ?? 0;
  try {
    const args = [...Array(needed).fill("x"), { nonsense: true }];
    const result = await owner[method]?.(...args);
    const isList = typeof result === "object" && result !== null &&
      Symbol.asyncIterator in result;
    if (isList) {
      for await (const _ of result as AsyncIterable<unknown>) break;
    }
    return undefined;
  } catch (error) {
    return error;
  }
}
