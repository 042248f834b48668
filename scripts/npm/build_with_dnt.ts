import {
  BIN,
  describePackage,
  ENTRY_POINTS,
  type Versions,
} from "./package.ts";

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

/** Builds the package with dnt, into `npm/`. */
export async function buildWithDnt(
  root: string,
  imports: Versions,
): Promise<void> {
  const { build } = await import(DNT);
  await build({
    entryPoints: [
      ...Object.entries(ENTRY_POINTS).map(([path, { source }]) => ({
        name: path,
        path: `${root}/${source}`,
      })),
      { kind: "bin", name: "orc", path: `${root}/${BIN.source}` },
      { kind: "bin", name: "orchestrator", path: `${root}/${BIN.source}` },
    ],
    outDir: `${root}/npm`,
    shims: {
      custom: [{
        module: `${root}/scripts/npm/deno_shim.ts`,
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
      ...describePackage(imports),
      exports: undefined,
      bin: undefined,
      files: undefined,
      devDependencies: { "@types/node": "^20" },
    },
  });
}
