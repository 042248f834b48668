import { ENTRY_POINTS, type PackageDescription } from "./package.ts";

/** dnt is published on JSR only. */
const DNT = "jsr:@deno/dnt@0.42.3";
const REGISTRY = "https://jsr.io/@deno/dnt/meta.json";
const PATIENCE_MS = 3_000;

/** Whether JSR, where dnt comes from, can be reached. */
export async function canReachJsr(): Promise<boolean> {
  try {
    const signal = AbortSignal.timeout(PATIENCE_MS);
    const response = await fetch(REGISTRY, { signal });
    await response.body?.cancel();
    return response.ok;
  } catch {
    // However it fails, the other builder makes the same package.
    return false;
  }
}

interface DntOptions {
  readonly root: string;
  readonly directory: string;
  readonly description: PackageDescription;
}

/** Builds the package with dnt, which lays its modules out in a way of its own. */
export async function buildWithDnt(
  { root, directory, description }: DntOptions,
): Promise<void> {
  const { build } = await import(DNT);
  // dnt names its own modules, so that what names ours must not be there, not even as undefined.
  const { exports: _exports, files: _files, ...described } = description;
  await build({
    entryPoints: Object.entries(ENTRY_POINTS).map(([path, { source }]) => ({
      name: path,
      path: `${root}/${source}`,
    })),
    outDir: directory,
    shims: {
      custom: [{
        module: `${root}/scripts/npm/deno/shim.ts`,
        globalNames: ["Deno"],
      }],
    },
    scriptModule: false,
    declaration: "inline",
    typeCheck: "single",
    skipSourceOutput: true,
    test: false,
    compilerOptions: { target: "ES2022", lib: ["ESNext", "DOM"] },
    package: {
      ...described,
      exports: { "./package.json": "./package.json" },
      devDependencies: { "@types/node": "^20" },
    },
  });
}
