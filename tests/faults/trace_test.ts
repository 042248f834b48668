import { callsIn } from "./trace.ts";
import { assertEquals } from "@std/assert";

const ID = "01m7w81fmwkkgmchfeds57ygdg";
const TOKEN = "68349e9000d58d51b8de69b42987b018";
const STATE = `/repo/.orchestrator/sessions/${ID}/state.json`;

const TRACE =
  `11  openat(AT_FDCWD</repo>, "/etc/localtime", O_RDONLY|O_CLOEXEC) = 3</etc/localtime>
11  openat(AT_FDCWD</repo>, "${STATE}.${TOKEN}.tmp", O_WRONLY|O_CREAT|O_EXCL|O_CLOEXEC, 0644) = 21<${STATE}.${TOKEN}.tmp>
12  openat(AT_FDCWD</repo>, "/repo/deno.json", O_RDONLY) = -1 ENOENT (No such file or directory)
11  write(4<anon_inode:[eventfd]>, ""..., 8) = 8
11  write(21<${STATE}.${TOKEN}.tmp>, ""..., 3020 <unfinished ...>
12  write(9</home/dev/cache>, ""..., 9)      = 9
11  <... write resumed>)                = -1 ENOSPC (No space left on device) (INJECTED)
11  openat(AT_FDCWD</repo>, "${STATE}", O_RDONLY|O_CLOEXEC) = 21<${STATE}>
11  openat(AT_FDCWD</repo>, "${STATE}", O_RDONLY|O_CLOEXEC) = 21<${STATE}>
11  openat(AT_FDCWD</repo>, "/repository", O_RDONLY|O_CLOEXEC) = 21</repository>
11  rename("${STATE}.${TOKEN}.tmp", "${STATE}") = ?
11  +++ killed by SIGKILL +++
`;

Deno.test("callsIn() finds the main thread's calls below the root", () => {
  const state = "/.orchestrator/sessions/ID/state.json";
  assertEquals(
    callsIn(TRACE, "/repo").map(({ what }) => what),
    [
      `openat ${state}.TOKEN.tmp O_WRONLY|O_CREAT|O_EXCL|O_CLOEXEC`,
      `write ${state}.TOKEN.tmp`,
      `openat ${state} O_RDONLY|O_CLOEXEC`,
      `openat ${state} O_RDONLY|O_CLOEXEC (2)`,
      `rename ${state}.TOKEN.tmp ${state}`,
    ],
  );
});

Deno.test("callsIn() counts all calls of a name, as strace does", () => {
  assertEquals(
    callsIn(TRACE, "/repo").map(({ name, ordinal }) => `${name} ${ordinal}`),
    ["openat 2", "write 2", "openat 3", "openat 4", "rename 1"],
  );
});

Deno.test("callsIn() tells which call was broken, also when another thread came between", () => {
  const broken = callsIn(TRACE, "/repo").filter(({ isBroken }) => isBroken);
  assertEquals(broken.map(({ name }) => name), ["write"]);
});

Deno.test("callsIn() finds nothing in an empty trace", () => {
  assertEquals(callsIn("", "/repo"), []);
});
