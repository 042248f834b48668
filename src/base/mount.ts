import { isWithin } from "./path.ts";

/** The file system that a path lies on. */
export interface Mount {
  readonly type: string;
  readonly isReadOnly: boolean;
  /** Whether files there keep modes and owners; otherwise the mount makes them up, and nobody can change them. */
  readonly hasModes: boolean;
}

/** Modes that stand in the options of a mount stand in no file of it. */
const MOUNT_MAKES_MODES = /^(?:[fd]?u?mask|(?:file|dir)_mode)=/;

/** Finds where an absolute path lies, in the kernel's list of mounts; undefined where it does not say. */
export function mountOf(list: string, path: string): Mount | undefined {
  let found: Mount | undefined;
  let length = 0;
  for (const line of list.split("\n")) {
    const [, at, type, options] = line.split(" ");
    if (!at || !type || !options) continue;
    const point = unescaped(at);
    // Of two mounts on one point the later one hides the other.
    if (!isWithin(point, path)) continue;
    if (point.length < length) continue;
    length = point.length;
    const words = options.split(",");
    found = {
      type,
      isReadOnly: words.includes("ro"),
      hasModes: !words.some((word) => MOUNT_MAKES_MODES.test(word)) &&
        (type !== "fuseblk" || words.includes("default_permissions")) &&
        (!options.includes("aname=drvfs") || options.includes(";metadata")),
    };
  }
  return found;
}

/** Between machines exclusive creation, links and fsync promise less. */
export const NETWORK =
  /^(?:nfs4?|cifs|smb\w*|9p|afs|ceph|coda|gfs2|glusterfs|lustre|ocfs2|virtiofs|vboxsf|ncpfs|fuse\.(?:ceph|gluster|s3|sshfs|rclone|goofys|gcs|davfs|curlftpfs).*)$/;

/** Types that may have no hard links or modes. */
export const WITHOUT_LINKS = /^(?:vfat|msdos|exfat|fuseblk)$/;

/** Whether a file system says of each file, at once and truly, when it was changed; null for one that is not known. */
export function tellsChanges(type: string | null): boolean {
  return type === null ||
    !NETWORK.test(type) && !WITHOUT_LINKS.test(type) && !/^fuse/.test(type);
}

/** The kernel spells blanks and backslashes as three octal digits. */
function unescaped(text: string): string {
  return text.replaceAll(
    /\\([0-7]{3})/g,
    (_, digits: string) => String.fromCharCode(parseInt(digits, 8)),
  );
}
