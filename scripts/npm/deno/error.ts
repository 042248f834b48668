/** Names that Deno gives to errors of the system; orc looks at names and codes only. */
const ERROR_NAMES: Readonly<Record<string, string>> = {
  EACCES: "PermissionDenied",
  EAGAIN: "WouldBlock",
  EEXIST: "AlreadyExists",
  EINTR: "Interrupted",
  EISDIR: "IsADirectory",
  ELOOP: "FilesystemLoop",
  ENOENT: "NotFound",
  ENOTDIR: "NotADirectory",
  EPERM: "PermissionDenied",
  EPIPE: "BrokenPipe",
  ERR_ACCESS_DENIED: "NotCapable",
  ESRCH: "NotFound",
};

/** Does work of Node's, and gives what it throws the name Deno would give it. */
export function named<Result>(work: () => Result): Result {
  try {
    return work();
  } catch (error) {
    const { code = "" } = error as { code?: string };
    const name = ERROR_NAMES[code];
    if (name !== undefined) (error as Error).name = name;
    throw error;
  }
}
