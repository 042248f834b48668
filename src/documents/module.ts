/** Documents that a module of the user's own keeps, which the setting `store` names. */
import {
  isOrcError,
  misconfigured,
  notFound,
  type OrcError,
} from "../base/error.ts";
import { decodeUtf8 } from "../base/json.ts";
import { MAX_CONFIG_BYTES } from "../base/limits.ts";
import { resolvePath } from "../base/path.ts";
import { readRegularFile } from "../files/read.ts";
import type { StoreModule } from "../settings/store_rules.ts";
import type { Documents } from "./documents.ts";

/** What the module is told. */
export interface StoreRequest {
  /** What the setting `store_url` says; null where it says nothing. */
  readonly url: string | null;
  /** Asks for the secret `ORCHESTRATOR_STORE_PASSWORD`; undefined where there is none. */
  password(): Promise<string | undefined>;
}

/** What the module exports as its default: opens what keeps the documents. */
export type OpenDocuments = (
  request: StoreRequest,
) => Documents | Promise<Documents>;

/** Where the module runs, and where it is looked for. */
export interface ModuleSite {
  /** The user's directory `.orchestrator`. */
  readonly directory: string;
  readonly home: string;
  /** The name of the runtime, such as `deno 2.9.6`. */
  readonly runtime: string;
}

/**
 * Loads the module, and opens what it keeps.
 *
 * @throws {OrcError} `no_such_file` (not_found) or `invalid_store_module` (config)
 */
export async function openModule(
  module: StoreModule,
  site: ModuleSite,
  request: StoreRequest,
): Promise<Documents> {
  const label = "path" in module
    ? module.path
    : `npm:${module.name}@${module.version}`;
  const url = await addressOfModule(module, site);
  let open: unknown;
  try {
    open = (await import(url)).default;
  } catch (error) {
    throw invalidModule(
      label,
      `it cannot be loaded: ${firstLine(error)}`,
      error,
    );
  }
  if (typeof open !== "function") {
    throw invalidModule(label, "its default export is no function");
  }
  const documents = await opened(label, () => open(request));
  const lacking = [
    ...typeof documents?.shown === "string" ? [] : ["shown"],
    ...FUNCTIONS.filter((name) => typeof documents?.[name] !== "function"),
  ];
  if (lacking.length > 0) {
    throw invalidModule(label, `what it opens has no ${lacking.join(", ")}`);
  }
  return documents;
}

/** What documents must be able to do. */
const FUNCTIONS = ["get", "put", "delete", "keys"];

/** A module is the user's own: what it throws is no bug of orc, and what is an error of orc stays so. */
async function opened<Opened>(
  label: string,
  open: () => Opened | Promise<Opened>,
): Promise<Opened> {
  try {
    return await open();
  } catch (error) {
    if (isOrcError(error)) throw error;
    const why = `it cannot be opened: ${firstLine(error)}`;
    throw invalidModule(label, why, error);
  }
}

async function addressOfModule(
  module: StoreModule,
  { directory, home, runtime }: ModuleSite,
): Promise<string> {
  const { pathToFileURL } = await import("node:url");
  if ("path" in module) {
    const path = module.path.startsWith("~/")
      ? `${home}${module.path.slice(1)}`
      : resolvePath(directory, module.path);
    return pathToFileURL(path).href;
  }
  return runtime.startsWith("deno")
    ? `npm:${module.name}@${module.version}`
    : pathToFileURL(installedModule(module, directory)).href;
}

/** Node brings no package along: the user has installed it beside the settings. */
function installedModule(
  { name, version }: { readonly name: string; readonly version: string },
  directory: string,
): string {
  const place = `${directory}/node_modules/${name}`;
  const path = `${place}/package.json`;
  const bytes = readRegularFile(path, MAX_CONFIG_BYTES);
  const hint =
    `install it: npm install --prefix ${directory} --save-exact ${name}@${version}`;
  if (bytes === undefined) {
    throw notFound("no_such_file", `There is no "${path}"`, { path, hint });
  }
  const { version: found, exports, main } = JSON.parse(decodeUtf8(bytes, path));
  if (found !== version) {
    throw misconfigured(
      "invalid_store_module",
      `"${path}" is of version ${found}, and store names ${version}`,
      { path, hint },
    );
  }
  return `${place}/${entryOf(exports?.["."] ?? exports ?? main)}`;
}

/** The file that `import` of a package means, by what its `package.json` says. */
function entryOf(named: unknown): string {
  if (typeof named === "string") return named;
  if (typeof named !== "object" || named === null) return "index.js";
  const { node, import: imported, default: fallback } = named as Record<
    string,
    unknown
  >;
  return entryOf(node ?? imported ?? fallback);
}

function invalidModule(
  label: string,
  why: string,
  cause?: unknown,
): OrcError {
  return misconfigured(
    "invalid_store_module",
    `Cannot keep sessions by "${label}", which store names: ${why}`,
    { cause, hint: "orc config get store" },
  );
}

function firstLine(error: unknown): string {
  const text = error instanceof Error ? error.message : String(error);
  return text.split("\n", 1)[0] ?? "";
}
