// `Deno` as the sources see it when Node runs them; only types that they name are here.
type StandIn = typeof import("./api.ts").Deno;

// The compiler follows calls that never return only if they are declared so, one by one.
declare const Deno: Omit<StandIn, "exit"> & { exit(code?: number): never };

declare namespace Deno {
  type DirEntry = import("./file.ts").DirEntry;
  type FileInfo = import("./file.ts").FileInfo;
  type FsFile = import("./file.ts").FsFile;
  type OpenOptions = import("./file.ts").OpenOptions;
  type PermissionDescriptor = import("./process.ts").PermissionDescriptor;
}
