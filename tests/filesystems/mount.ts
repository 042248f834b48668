/** A file system of its own, mounted where nobody else sees it. */

/** A file system that can be made in a file or in memory. */
export interface FileSystem {
  readonly name: string;
  /** Shell words that mount it on `$AT`; `$IMAGE` is a file for it. */
  readonly mount: string;
  /** Programs that this needs. */
  readonly needs: readonly string[];
}

export const NTFS: FileSystem = {
  name: "NTFS",
  mount:
    "truncate -s 512M $IMAGE && mkfs.ntfs -F -Q -q $IMAGE && mount -t ntfs-3g -o loop $IMAGE $AT",
  needs: ["mkfs.ntfs", "ntfs-3g"],
};

/** How a command ended, with all it said. */
export interface Ended {
  readonly code: number;
  readonly said: string;
}

/**
 * Runs shell commands while a file system is mounted on a directory, and unmounts it. The mount
 * is seen by these commands alone; a file system that is a process would outlive them otherwise.
 */
export async function withMounted(
  { mount }: Pick<FileSystem, "mount">,
  at: string,
  commands: string,
): Promise<Ended> {
  const aside = await Deno.makeTempDir({ dir: "/tmp", prefix: "orc-mount-" });
  try {
    const script =
      `${mount} >&2 || exit 99\n(${commands}\n)\ncode=$?\ncd /\numount $AT\nexit $code`;
    const { code, stdout, stderr } = await new Deno.Command("unshare", {
      args: ["--mount", "sh", "-c", script],
      env: {
        AT: at,
        IMAGE: `${aside}/image`,
        DENO: Deno.execPath(),
        NO_COLOR: "1",
      },
      stdin: "null",
    }).output();
    const decode = (bytes: Uint8Array) => new TextDecoder().decode(bytes);
    return { code, said: decode(stdout) + decode(stderr) };
  } finally {
    await Deno.remove(aside, { recursive: true });
  }
}

/** Why a file system cannot be tried here; undefined where it can. */
export async function whyNot(
  system: FileSystem,
): Promise<string | undefined> {
  const missing = system.needs.filter((program) => !isInstalled(program));
  if (missing.length > 0) return `${missing.join(", ")} is not installed`;
  const at = await Deno.makeTempDir({ dir: "/tmp", prefix: "orc-mount-" });
  try {
    const { code, said } = await withMounted(system, at, "true");
    return code === 0 ? undefined : `it cannot be mounted: ${said.trim()}`;
  } catch (error) {
    return String(error);
  } finally {
    await Deno.remove(at);
  }
}

function isInstalled(program: string): boolean {
  const places = ["/usr/sbin", "/usr/bin", "/sbin", "/bin"];
  return places.some((place) => {
    try {
      return Deno.statSync(`${place}/${program}`).isFile;
    } catch {
      return false;
    }
  });
}
