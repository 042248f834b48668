import { bundleProgram, MAIN } from "../build/program.ts";
import { prepareTools } from "../build/tools.ts";
import { copyTree, writeJson } from "../npm/stage.ts";

/** What deno.json says that JSR has a use for. */
const PUBLISHED_KEYS = [
  "name",
  "version",
  "license",
  "exports",
  "publish",
  "imports",
  "compilerOptions",
];

/** Where the packages of JSR come from that the copy imports. */
export type JsrSource = "links" | "registry";

/** Where the program is in the copy. */
const PROGRAM = "dist";

/** Where the YAML parser is in the copy. */
const PARSER = "yaml";

/**
 * Copies what is published, with the built program beside the sources, and a deno.json of its
 * own: links are for those who work here, and Deno refuses to publish a folder that a link
 * leads into.
 */
export async function stagePackage(
  root: string,
  stage: string,
  source: JsrSource,
): Promise<void> {
  const config = JSON.parse(await Deno.readTextFile(`${root}/deno.json`));
  for (const path of config.publish.include) {
    await copyTree(`${root}/${path}`, `${stage}/${path}`);
  }
  await bundleProgram(root, `${stage}/${PROGRAM}`, "deno");
  await copyParser(root, stage, config.imports.yaml);
  const published = Object.fromEntries(
    PUBLISHED_KEYS.map((key) => [key, config[key]]),
  );
  const links = config.links.map((path: string) => `${root}/${path}`);
  await writeJson(`${stage}/deno.json`, {
    ...published,
    imports: { ...config.imports, yaml: `./${PARSER}/mod.ts` },
    exports: { ...config.exports, "./cli": `./${PROGRAM}/${MAIN}` },
    publish: { include: [...config.publish.include, PROGRAM, PARSER] },
    ...(source === "links" ? { links } : {}),
  });
}

/**
 * Copies the build of the YAML parser that is for browsers. Deno would take the one for Node, which
 * looks at two variables of the environment whenever it parses, and a permission would be needed
 * for what nobody wants.
 */
async function copyParser(
  root: string,
  stage: string,
  specifier: string,
): Promise<void> {
  const parser = `${await prepareTools(root)}/node_modules/yaml`;
  for (const path of ["LICENSE", "browser/dist"]) {
    await copyTree(`${parser}/${path}`, `${stage}/${PARSER}/${path}`);
  }
  await Deno.writeTextFile(
    `${stage}/${PARSER}/mod.ts`,
    `// @ts-types="${specifier}"\nexport * from "./browser/dist/index.js";\n`,
  );
}
