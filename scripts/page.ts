/**
 * Writes `src/serve/page.json`: the page of `orc serve`, as the files that a browser asks for. It is data of
 * the program, so that it is in each form that the program has. With `--check` it writes nothing and fails
 * when the file is not what the sources in `src/serve/page` say.
 */
import { prepareTools } from "./build/tools.ts";
import { formatted, readIfThere } from "./docs/pages.ts";
import { endWith, run } from "./npm/program.ts";

const SOURCES = "src/serve/page";
const TARGET = "src/serve/page.json";
const COMMENT =
  `Made by "deno task page" from ${SOURCES}: edit that, not this.`;

async function main(args: readonly string[]): Promise<number> {
  const root = new URL("..", import.meta.url).pathname.replace(/\/$/, "");
  const text = await formatted(JSON.stringify(await makePage(root)), "json");
  if (text === readIfThere(`${root}/${TARGET}`)) return 0;
  if (args.includes("--check")) {
    console.error(`${TARGET} is not what its sources say: deno task page`);
    return 1;
  }
  await Deno.writeTextFile(`${root}/${TARGET}`, text);
  console.log(`Wrote ${TARGET}`);
  return 0;
}

async function makePage(root: string): Promise<unknown> {
  const read = (name: string) =>
    Deno.readTextFile(`${root}/${SOURCES}/${name}`);
  const file = (type: string, text: string) => ({
    type: `${type}; charset=utf-8`,
    text,
  });
  return {
    $comment: COMMENT,
    files: {
      "/": file("text/html", await read("page.html")),
      "/page.css": file("text/css", await read("page.css")),
      "/page.js": file("text/javascript", await bundled(root)),
    },
  };
}

async function bundled(root: string): Promise<string> {
  const tools = await prepareTools(root);
  const script = `${tools}/page-${Deno.pid}.mjs`;
  await Deno.copyFile(`${root}/scripts/build/page.mjs`, script);
  try {
    const options = JSON.stringify({
      input: `${root}/${SOURCES}/main.tsx`,
      modules: `${tools}/node_modules`,
    });
    const command = [Deno.execPath(), "run", "-A", "--quiet"] as const;
    return await run([...command, script, options], { cwd: tools });
  } finally {
    await Deno.remove(script);
  }
}

if (import.meta.main) await endWith(() => main(Deno.args));
