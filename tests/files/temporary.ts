const TEMPORARY = "tests/.tmp";

/** Runs a test in a new directory, whose absolute path it gets, and removes the directory afterwards. */
export async function withTemporaryDirectory(
  test: (directory: string) => void | Promise<void>,
): Promise<void> {
  Deno.mkdirSync(TEMPORARY, { recursive: true });
  const made = Deno.makeTempDirSync({ dir: TEMPORARY });
  const directory = Deno.realPathSync(made).replaceAll("\\", "/");
  try {
    await test(directory);
  } finally {
    Deno.removeSync(directory, { recursive: true });
  }
}

/** Writes files below a directory; a name that ends in "/" makes an empty directory. */
export function writeTree(
  directory: string,
  files: Readonly<Record<string, string>>,
): void {
  for (const [name, text] of Object.entries(files)) {
    const path = `${directory}/${name}`;
    const parent = path.slice(0, path.lastIndexOf("/"));
    Deno.mkdirSync(parent, { recursive: true });
    if (!name.endsWith("/")) Deno.writeTextFileSync(path, text);
  }
}

/** All files below a directory with their texts, and directories without a text. */
export function readTree(directory: string): Record<string, string> {
  const tree: Record<string, string> = {};
  for (const entry of Deno.readDirSync(directory)) {
    const path = `${directory}/${entry.name}`;
    if (!entry.isDirectory) {
      tree[entry.name] = Deno.readTextFileSync(path);
      continue;
    }
    tree[`${entry.name}/`] = "";
    for (const [name, text] of Object.entries(readTree(path))) {
      tree[`${entry.name}/${name}`] = text;
    }
  }
  return tree;
}
