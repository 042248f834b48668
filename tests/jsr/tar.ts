const BLOCK_BYTES = 512;

/** Offset and length of what a header says. */
const FIELDS = { name: [0, 100], size: [124, 12], type: [156, 1] } as const;

/** Regular files of an archive as `deno publish` packs it, by path. */
export function readTar(archive: Uint8Array): ReadonlyMap<string, Uint8Array> {
  const files = new Map<string, Uint8Array>();
  let at = 0;
  while (at < archive.length && archive[at] !== 0) {
    const header = archive.subarray(at, at + BLOCK_BYTES);
    const size = parseInt(fieldOf(header, "size"), 8);
    const [name, type] = [fieldOf(header, "name"), fieldOf(header, "type")];
    if (type !== "0" && type !== "") {
      throw new Error(`Cannot read "${name}" of type "${type}"`);
    }
    at += BLOCK_BYTES;
    files.set(`/${name.replace(/^\.?\//, "")}`, archive.slice(at, at + size));
    at += Math.ceil(size / BLOCK_BYTES) * BLOCK_BYTES;
  }
  return files;
}

function fieldOf(header: Uint8Array, name: keyof typeof FIELDS): string {
  const [offset, length] = FIELDS[name];
  const text = new TextDecoder().decode(
    header.subarray(offset, offset + length),
  );
  return text.split("\0")[0]?.trim() ?? "";
}
