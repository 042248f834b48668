// Runs beside the tools that it uses: makes the program out of the sources, as chunks or as one file.
import { isBuiltin } from "node:module";
import { readFileSync } from "node:fs";
import { copyFile, mkdir, writeFile } from "node:fs/promises";
import process from "node:process";
import { fileURLToPath } from "node:url";

// Named like this since they are packages beside this file, and none of this repository.
const TOOL = "rolldown";
const { rolldown } = await import(TOOL);
const EDITOR = "magic-string";
const { default: MagicString } = await import(EDITOR);

const { root, out, modules, links, shape, entry } = JSON.parse(
  process.argv[2],
);

/** Where the stand-in for Deno is: nowhere, everywhere, or where Deno itself is not. */
const STAND_INS = {
  deno: undefined,
  node: `${root}/scripts/npm/deno/api.ts`,
  file: `${root}/scripts/npm/deno/anywhere.ts`,
};

/** What lies beside the chunks: the types of the program, or what npm links to. */
const BESIDE_MAIN = {
  deno: ["program/types.d.ts", "main.d.ts"],
  node: ["npm/orc.js", "orc.js"],
};

const isFile = shape === "file";
const MAIN = `${root}/scripts/program/main.ts`;
/** The one that a single file starts with. */
const FILE = `${root}/scripts/program/file.ts`;

/** Commands that agents call at every turn: what they need is loaded in one piece. */
const OFTEN = ["status", "next"];

/** Commands of every session: what they need besides is one piece more. */
const UPDATES = ["start-item", "complete", "skip", "note", "advance"];
const UPDATE = `${root}/src/session/update.ts`;
/**
 * What each of them loads on its way: signals, how long to wait for a lock, what must not be stored, whether
 * a session is one of here, and whether it has to leave.
 */
const STORED = [
  UPDATE,
  `${root}/src/host/signals.ts`,
  `${root}/src/settings/files.ts`,
  `${root}/src/secrets/masker.ts`,
  `${root}/src/secrets/find.ts`,
  `${root}/src/trust/foreign.ts`,
  `${root}/src/cli/after.ts`,
];

/** The modules of commands, as the table of all commands loads them. */
function modulesOf(commands) {
  const table = `${root}/src/commands/table.ts`;
  const text = readFileSync(table, "utf8");
  return commands.map((name) => {
    const [, loader] = new RegExp(`(\\w+)\\(\\s*"${name}",`).exec(text) ?? [];
    const load = new RegExp(`const ${loader} = [^;]*?import\\("([^"]+)"\\)`);
    const path = load.exec(text)?.[1];
    if (path === undefined) throw new Error(`${table} loads no "${name}"`);
    return fileURLToPath(new URL(path, `file://${table}`));
  });
}

/** `cli.ts` is not the main module of a bundle, though it is part of the one that is. */
const onlyOneMain = {
  name: "only-one-main",
  transform(code, id) {
    if (id !== `${root}/cli.ts` && !(isFile && id === MAIN)) return null;
    return {
      code: code.replaceAll("import.meta.main", "false         "),
      map: null,
    };
  },
};

const JSON_IMPORT =
  /(?<=import\(\s*"[^"]+\.json"),\s*\{[^}]*\}\s*,?\s*\}(?=\s*,?\s*\))/g;

/** Data become chunks like all else; the bundler leaves alone an import that says what they are. */
const dataAsChunks = {
  name: "data-as-chunks",
  transform(code) {
    // Blanks for what goes, so that every place stays where the source map has it.
    const blank = (text) => text.replaceAll(/[^\n]/g, " ");
    const changed = code.replaceAll(JSON_IMPORT, blank);
    return changed === code ? null : { code: changed, map: null };
  },
};

/** Packages of JSR are those that stand in for them where only npm can be reached. */
const standIns = {
  name: "stand-ins",
  resolveId(id) {
    // The checker of schemas that needs Node is six times as large, and orc uses neither.
    if (id === "@modelcontextprotocol/server/_shims") {
      return `${modules}/@modelcontextprotocol/server/dist/shimsBrowser.mjs`;
    }
    const stripped = /^npm:((?:@[^/]+\/)?[^/@]+)@[^/]+(\/.*)?$/.exec(id);
    if (stripped) return `${modules}/${stripped[1]}${stripped[2] ?? ""}`;
    return links[id] ?? null;
  },
};

const LAZY = "\0lazy:";

/**
 * In one file an import of a Node module would be loaded by each start. As a promise it is
 * loaded when the code that asks for it is: Deno takes twice as long with any such module.
 */
const lazyNodeModules = {
  name: "lazy-node-modules",
  resolveId(id, importer) {
    if (!isBuiltin(id)) return null;
    const isLazy = importer?.startsWith(LAZY);
    return isLazy ? { id, external: true } : `${LAZY}${id}`;
  },
  async load(id) {
    if (!id.startsWith(LAZY)) return null;
    const name = id.slice(LAZY.length);
    const exports = Object.keys(await import(name))
      .filter((key) => key !== "default" && key !== "module.exports")
      .map((key) => `export const ${key} = loaded.${key};`);
    return [
      `const loaded = await import(${JSON.stringify(name)});`,
      "export default loaded.default;",
      ...exports,
    ].join("\n");
  },
};

const REQUIRED = "\0required:";

/** What the driver of PostgreSQL could use and orc has no use for: its own ways to a password, and other drivers. */
const UNUSED =
  /^(?:\.\/native|pg-native|pg-cloudflare|pgpass|pg-connection-string)$/;

/**
 * The driver of PostgreSQL asks for modules of Node in the older way. In chunks they are imported, as it lies
 * in one of its own; in one file, where nothing may be loaded at the start, they are asked for by name.
 */
const olderModules = {
  name: "older-modules",
  resolveId(id, importer = "") {
    if (!/\/node_modules\/(?:pg|pg-\w+)\//.test(importer)) return null;
    if (UNUSED.test(id)) return `${REQUIRED}nothing`;
    return isBuiltin(id) ? `${REQUIRED}${id.replace(/^node:/, "")}` : null;
  },
  load(id) {
    if (!id.startsWith(REQUIRED)) return null;
    const name = id.slice(REQUIRED.length);
    if (name === "nothing") return "module.exports = {};";
    return isFile
      ? `module.exports = process.getBuiltinModule("node:${name}");`
      : `export * from "node:${name}"; export { default } from "node:${name}";`;
  },
};

/** The chunk of each module, found out once all modules are known. */
const chunks = new Map();

const chunkFinder = {
  name: "chunk-finder",
  buildEnd() {
    const eagerFrom = (entries) => {
      const seen = new Set(entries);
      for (const id of seen) {
        for (const to of this.getModuleInfo(id)?.importedIds ?? []) {
          seen.add(to);
        }
      }
      return seen;
    };
    const ids = [...this.getModuleIds()];
    if (!ids.includes(UPDATE)) throw new Error(`Nothing loads ${UPDATE}`);
    const claim = (chunk, entries) => {
      for (const id of eagerFrom(entries)) {
        if (!chunks.has(id)) chunks.set(id, chunk);
      }
    };
    claim("main", [MAIN, ...modulesOf(OFTEN)]);
    // Of the standard library they need the ids, and little else of it is loaded at all.
    const standard = ids.filter((id) => Object.values(links).includes(id));
    claim("update", [...modulesOf(UPDATES), ...STORED, ...standard]);
    const entries = ids.flatMap((id) =>
      this.getModuleInfo(id)?.dynamicallyImportedIds ?? []
    );
    const users = new Map();
    for (const entry of new Set(entries)) {
      for (const id of eagerFrom([entry])) {
        users.set(id, [...users.get(id) ?? [], entry]);
      }
    }
    // What is loaded anyway, as some of the standard library is, costs nobody anything.
    const loaded = new Set(chunks.keys());
    const needsPackage = (id) =>
      [...eagerFrom([id])].some((to) =>
        packageOf(to) !== undefined && !loaded.has(to)
      );
    for (const [id, by] of users) {
      if (chunks.has(id)) continue;
      const name = packageOf(id) ?? chunkFor(by);
      // Who needs no package does not load one.
      const suffix = name === "shared" && needsPackage(id) ? "-parsers" : "";
      chunks.set(id, `${name}${suffix}`);
    }
  },
};

/**
 * Puts the functions of the chunks that are loaded most into parentheses, and those inside
 * them too. That tells the engine to compile them at once, and then they are part of what Deno
 * keeps compiled: else each start compiles anew what it calls. Those that are declared come
 * first, since they are there from the beginning. Those that no turn calls lose their
 * parentheses again: see profile.ts.
 */
const compiledAtOnce = {
  name: "compiled-at-once",
  renderChunk(code, chunk) {
    if (!["main", "update"].includes(chunk.name)) return null;
    const edited = new MagicString(code);
    const { body } = this.parse(code);
    const first = body.find(({ type }) => type !== "ImportDeclaration").start;
    for (const { type, id, start, end } of body) {
      if (type !== "FunctionDeclaration") continue;
      edited.appendRight(start, `const ${id.name} = (`);
      edited.appendLeft(end, ");\n");
      if (start !== first) edited.move(start, end, first);
    }
    for (const { start, end } of functionsIn(body)) {
      edited.appendRight(start, "(");
      edited.appendLeft(end, ")");
    }
    return {
      code: edited.toString(),
      map: edited.generateMap({ hires: true }),
    };
  },
};

/** The functions below a node that may stand in parentheses of their own. */
function* functionsIn(node, isMethod = false) {
  if (typeof node !== "object" || node === null) return;
  const { type, async, kind = "init", method, value } = node;
  // The engine heeds no parentheses around an async arrow.
  const isFunction = type === "FunctionExpression" && !isMethod ||
    type === "ArrowFunctionExpression" && !async;
  if (isFunction) yield node;
  for (const child of Object.values(node)) {
    yield* functionsIn(child, child === value && (method || kind !== "init"));
  }
}

/**
 * What one command alone needs lies with it, and what only the parts of one room need lies together; what
 * several need is in a chunk for all of them.
 */
function chunkFor(entries) {
  const commands = entries.filter((entry) =>
    entry.startsWith(`${root}/src/commands/`)
  );
  const [only, ...others] = commands.length > 0 ? commands : entries;
  if (others.length > 0) {
    const rooms = new Set(entries.map(roomOf));
    return commands.length > 0 || rooms.size > 1 ? "shared" : roomOf(only);
  }
  const words = only.replace(/\.\w+$/, "").split("/");
  return words.slice(commands.length > 0 ? -1 : -2).join("-");
}

function roomOf(entry) {
  return entry.slice(`${root}/src/`.length).split("/")[0];
}

/** A package lies in one chunk with those that only it needs. */
function packageOf(id) {
  const path = id.split("/node_modules/").at(-1);
  if (path === id) return undefined;
  const [scope, name] = path.split("/");
  if (["@noble", "@scure"].includes(scope)) return "age-encryption";
  if (/^(?:pg-|postgres-|xtend$)/.test(scope)) return "pg";
  return scope.startsWith("@") ? `${scope.slice(1)}-${name}` : scope;
}

const common = {
  cwd: root,
  // Packages have builds that need no Node module; those run everywhere.
  platform: "neutral",
  external: isFile ? [] : [/^node:/],
  treeshake: { propertyReadSideEffects: false },
  resolve: {
    mainFields: ["module", "main"],
    modules: ["node_modules", modules],
  },
  transform: {
    target: "node20",
    ...STAND_INS[shape] ? { inject: { Deno: [STAND_INS[shape], "Deno"] } } : {},
  },
  onLog(level, log, handler) {
    // A module that the chunk of its importer holds already is loaded by then: that is meant.
    if (log.code === "INEFFECTIVE_DYNAMIC_IMPORT") return;
    if (log.code === "UNRESOLVED_IMPORT") throw new Error(log.message);
    handler(level, log);
  },
};

if (entry !== undefined) {
  // Another program than orc, such as one that tries its modules on another runtime.
  const other = await rolldown({
    ...common,
    input: { main: entry },
    plugins: [dataAsChunks, standIns, olderModules],
  });
  await other.write({ dir: out, format: "esm", entryFileNames: "[name].js" });
  console.log(JSON.stringify(["main.js"]));
  process.exit();
}

const bundle = await rolldown({
  ...common,
  input: isFile ? FILE : { main: MAIN },
  preserveEntrySignatures: isFile ? "strict" : "allow-extension",
  plugins: [
    onlyOneMain,
    dataAsChunks,
    standIns,
    olderModules,
    ...isFile ? [lazyNodeModules] : [chunkFinder, compiledAtOnce],
  ],
});

const { output } = await bundle.generate({
  format: "esm",
  minify: true,
  // For Node the maps are named in the files; Deno would read them at each start.
  sourcemap: shape === "node" ? true : "hidden",
  entryFileNames: isFile ? "orc.js" : "[name].js",
  // Longer than the file is called in the end: see shorten().
  chunkFileNames: "[name]-[hash:13].js",
  codeSplitting: isFile ? false : {
    includeDependenciesRecursively: false,
    groups: [{
      name: (id) =>
        id.startsWith(REQUIRED)
          ? "pg"
          // What bundling itself needs is needed by all.
          : id.startsWith("\0")
          ? "main"
          : chunks.get(id) ?? null,
    }],
  },
});

const LONG_NAME = /(import\()?(["'`])\.\/([\w-]+-[\w-]{8})[\w-]{5}\.js\2(\))?/g;

/**
 * Hides the imports that are done later: Deno loads at its start what it sees in an `import()`.
 * The names of chunks lose as many letters as that takes, so that source maps stay right.
 */
function shorten(code) {
  // In one pass: a short name may itself look like a long one.
  return code.replaceAll(LONG_NAME, (_, call, quote, name, end) => {
    const short = `${quote}./${name}.js${quote}`;
    return call && end
      ? `import([${short}][0])`
      : `${call ?? ""}${short}     ${end ?? ""}`;
  });
}

function shortNameOf(fileName) {
  return fileName.replace(
    /^([\w-]+-[\w-]{8})[\w-]{5}(\.js(?:\.map)?)$/,
    "$1$2",
  );
}

/** Sources are named from the root of the repository, wherever the program lies. */
function portableMap(text, linesBefore) {
  const { sourcesContent: _left, ...map } = JSON.parse(text);
  const mappings = linesBefore + map.mappings;
  const sources = map.sources.map((path) => {
    // As rolldown names them, which writes nothing itself and would write here.
    const from = new URL(path, `file://${root}/dist/`).pathname;
    const ofPackage = from.split("/node_modules/").at(-1);
    return ofPackage === from ? from.replace(`${root}/`, "") : ofPackage;
  });
  return { ...map, sources, mappings };
}

const RUNTIME_IMPORT =
  /^import\{([^}]*)\}from(["'`])\.\/rolldown-runtime-[\w-]+\.js\2/;

/** Says to Deno and JSR what the types of the program are. */
const TYPES = '/* @ts-self-types="./main.d.ts" */';

/**
 * Puts a line before a chunk: the types of the main one, and what bundling itself needs, since
 * a module of its own would take as long to load as a small command. Nothing else is moved by it.
 */
function withFirstLine(code, runtime, types) {
  const [statement = "", names] = RUNTIME_IMPORT.exec(code) ?? [];
  const rest = `${" ".repeat(statement.length)}${code.slice(statement.length)}`;
  if (statement === "") return `${types}\n${rest}`;
  const body = runtime
    .replace(/\/\/#.*\s*$/, "")
    .replace(
      /export\{([^}]*)\};?\s*$/,
      (_, list) => `return{${pairs(list, (name, as) => `${as}:${name}`)}}`,
    );
  const taken = pairs(names, (name, as) => `${name}:${as}`);
  return `${types}const{${taken}}=(()=>{${body}})();\n${rest}`;
}

function pairs(list, print) {
  return list.split(",").map((text) => {
    const [name, as = name] = text.trim().split(" as ");
    return print(name, as);
  }).join(",");
}

const RUNTIME_CHUNK = /^rolldown-runtime-[\w-]+\.js(?:\.map)?$/;
const isRuntime = ({ fileName }) => RUNTIME_CHUNK.test(fileName);
const runtime = output.find(isRuntime);

await mkdir(out, { recursive: true });
const names = [];
const write = async (name, text) => {
  names.push(name);
  await writeFile(`${out}/${name}`, text);
};
const maps = {};
for (const made of output) {
  // One file holds what it needs; of chunks each gets it with its first line.
  if (isRuntime(made)) continue;
  const { type, fileName, code, source } = made;
  const name = shortNameOf(fileName);
  if (type === "chunk") {
    const types = fileName === "main.js" ? TYPES : "";
    const own = isFile ? code : withFirstLine(code, runtime.code, types);
    await write(name, shorten(own).replaceAll(fileName, name));
    continue;
  }
  const map = portableMap(source, isFile ? "" : ";");
  if (shape === "deno") maps[name.replace(/\.map$/, "")] = map;
  else await write(name, JSON.stringify(map));
}
// Where the program comes from a registry, its modules can be loaded and its files not read.
if (shape === "deno") {
  await write("maps.js", `export default ${JSON.stringify(maps)};\n`);
}
if (names.includes("main.js")) {
  const [from, name] = BESIDE_MAIN[shape];
  names.push(name);
  await copyFile(`${root}/scripts/${from}`, `${out}/${name}`);
}
process.stdout.write(`${JSON.stringify(names)}\n`);
