/** Where the remote of a repository lies, by git's own configuration. */
import { gitLayout } from "../base/layout.ts";
import {
  type GitSetting,
  isGitDirectory,
  readConfig,
  readGitPointer,
} from "./git.ts";

/** The URL of the remote named `origin`, else of the first one, of a working tree or a bare repository. */
export function readRemoteUrl(directory: string): string | undefined {
  const pointer = readGitPointer(directory);
  const own = isGitDirectory(directory) ? directory : undefined;
  const common = "commonDirectory" in pointer ? pointer.commonDirectory : own;
  return common && remoteUrlIn(readConfig(gitLayout(common).config));
}

export function remoteUrlIn(
  settings: readonly GitSetting[],
): string | undefined {
  const urls = settings.filter(({ section, name, value }) =>
    section === "remote" && name === "url" && value
  );
  const chosen = urls.find(({ subsection }) => subsection === "origin");
  return (chosen ?? urls[0])?.value ?? undefined;
}
