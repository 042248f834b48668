/** An option that a call does not take would do nothing: it is refused, with the name that may be meant. */
import * as core from "../../src/core.ts";
import * as library from "../../mod.ts";
import {
  findRoot,
  isOrcError,
  openRepository,
  OrcError,
  OrchestratorPaths,
  SessionManager,
} from "../../mod.ts";
import { readTree, refusalWithoutTrace } from "../files/temporary.ts";
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
      "it takes root, host, documents, signal, lockTimeoutMs",
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

/** What a function needs before it looks at anything. */
const NEEDED = { itemId: "idea", id: "x", name: "x", task: "x", text: "x" };

Deno.test("each function refuses an option that it does not take, and changes nothing", () =>
  withSession(async (root) => {
    const before = readTree(root);
    const accepted: string[] = [];
    const functions = await functionsWithOptions();
    for (const [name, parameters] of functions) {
      const call = exported[name] as (...args: readonly unknown[]) => unknown;
      const place = /Tree$/.test(name) ? { directory: root } : { root };
      const options = { ...place, ...neededBy(name), nonsense: true };
      const args = parameters.map((parameter) =>
        ({ host, options } as Readonly<Record<string, unknown>>)[parameter]
      );
      const error = await refusalOfCall(() => call(...args));
      if (!isOrcError(error, "unknown_option")) accepted.push(name);
      // Where no root is taken, that is what is refused.
      else assert(/nonsense|root/.test(error.details.option), name);
    }
    assertEquals(accepted, []);
    assertEquals(readTree(root), before);
    // A pattern that finds nothing would find nothing wrong.
    assert(functions.length > 50, `only ${functions.length} functions found`);
  }));

const exported: Readonly<Record<string, unknown>> = { ...core, ...library };

/** All exported functions that take options, with the names of their parameters: what the documentation shows. */
async function functionsWithOptions(): Promise<
  readonly (readonly [name: string, parameters: readonly string[]])[]
> {
  const { stdout } = await new Deno.Command(Deno.execPath(), {
    args: ["doc", "--json", "mod.ts", "src/core.ts"],
  }).output();
  const { nodes } = JSON.parse(new TextDecoder().decode(stdout)) as Documented;
  return Object.values(nodes).flatMap(({ symbols }) => symbols)
    .flatMap(({ name, declarations }) =>
      declarations.filter(({ kind }) => kind === "function")
        .map(({ def: { params = [] } }) =>
          [name, params.map(({ left, ...own }) => (left ?? own).name)] as const
        )
    ).filter(([, parameters]) => parameters.includes("options"));
}

/** As `deno doc` writes it; a parameter with a value of its own has its name on the left of that. */
interface Documented {
  readonly nodes: Readonly<Record<string, { readonly symbols: Symbols }>>;
}

type Symbols = readonly {
  readonly name: string;
  readonly declarations: readonly {
    readonly kind: string;
    readonly def: {
      readonly params?: readonly {
        readonly name: string;
        readonly left?: { readonly name: string };
      }[];
    };
  }[];
}[];

/** Only what it takes itself: nothing else may be there. */
function neededBy(name: string): Readonly<Record<string, unknown>> {
  const { itemId, id, task, text } = NEEDED;
  if (/^(?:startItem|completeItem|approveItem)$/.test(name)) return { itemId };
  if (name === "skipItem") return { itemId, reason: "It is not needed" };
  if (name === "addNote") return { text };
  if (name === "startSession") return { task };
  if (name === "abandonSession") return { reason: text };
  if (name === "switchSession") return { id };
  if (name === "renameSession") return { id, name: "Login" };
  if (name === "importLegacy") return { path: "elsewhere" };
  if (name === "getSetting" || name === "unsetSetting") {
    return { name: "color" };
  }
  if (name === "setSetting") return { name: "color", value: "never" };
  return /Secret$/.test(name) ? { name: "DEPLOY_KEY" } : {};
}

Deno.test("the parser of workflows and what tests are made of name the option that is meant", async () => {
  const made: readonly (() => unknown)[] = [
    () => library.testHost(misspelt({ evironment: {} })),
    () => library.testHost(misspelt({ runPrograms: () => {} })),
    () => library.memoryStore(misspelt({ newID: () => "1" })),
    () => library.parseWorkflow({}, misspelt({ sources: "workflow.yaml" })),
  ];
  const meant: unknown[] = [];
  for (const make of made) {
    const error = await refusalOfCall(make);
    assert(isOrcError(error, "unknown_option"));
    meant.push(error.details.meant);
  }
  assertEquals(meant, ["environment", "runProgram", "newId", "source"]);
});

Deno.test("the classes with the design's names refuse misspelt options", async () => {
  const made: readonly (() => unknown)[] = [
    () => new OrchestratorPaths(misspelt({ baseDirectory: "/shop" })),
    () =>
      new SessionManager(
        new OrchestratorPaths({ baseDir: "/shop" }),
        misspelt({ lockTimeout: "5" }),
      ),
    () => findRoot(misspelt({ roots: "/shop" })),
  ];
  const meant: unknown[] = [];
  for (const make of made) {
    const error = await refusalOfCall(make);
    assert(isOrcError(error, "unknown_option"));
    meant.push(error.details.meant);
  }
  assertEquals(meant, [null, "lockTimeoutMs", "root"]);
});

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
  const words = [wordFor(name), "900"].slice(0, needed);
  const args = [...words, { nonsense: true }];
  return await refusalOfCall(() => owner[method]?.(...args));
}

/** Names of settings and secrets are looked at before anything is opened. */
function wordFor(name: string): string {
  if (name.startsWith("secrets.")) return "DEPLOY_KEY";
  return name.startsWith("config.") ? "check_timeout_seconds" : "x";
}

async function refusalOfCall(call: () => unknown): Promise<unknown> {
  try {
    const result = await call();
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
