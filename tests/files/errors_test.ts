import { OrcError } from "../../src/base/error.ts";
import {
  asOrcError,
  codeOf,
  isAbsent,
  isDenied,
  isTaken,
  reasonOf,
} from "../../src/files/errors.ts";
import { test, writeTree } from "./temporary.ts";
import {
  assert,
  assertEquals,
  assertInstanceOf,
  assertMatch,
  assertStrictEquals,
  assertStringIncludes,
  assertThrows,
} from "@std/assert";

function osError(code: string): Error {
  return Object.assign(new Error(`${code} (os error)`), { code });
}

function notCapable(access: string): Error {
  const error = new Error(
    `Requires ${access} access to "/r/x", run again with the --allow-${access} flag`,
  );
  error.name = "NotCapable";
  return error;
}

function converted(error: unknown, path = "/r/x", doing = "read"): OrcError {
  const result = asOrcError(error, doing, path);
  assertInstanceOf(result, OrcError);
  return result;
}

Deno.test("asOrcError() tells what each error of the system means", () => {
  const cases: [string, string, string][] = [
    ["EACCES", "denied", "permission_denied"],
    ["EPERM", "denied", "permission_denied"],
    ["EROFS", "external", "read_only"],
    ["ENOSPC", "external", "disk_full"],
    ["EDQUOT", "external", "disk_full"],
    ["EMFILE", "external", "too_many_open_files"],
    ["ENFILE", "external", "too_many_open_files"],
    ["EIO", "external", "disk_error"],
    ["ENAMETOOLONG", "usage", "path_too_long"],
    ["ELOOP", "corrupt", "symbolic_link"],
    ["ENOTDIR", "corrupt", "not_a_directory"],
    ["EISDIR", "corrupt", "not_a_regular_file"],
    ["ENOENT", "not_found", "path_not_found"],
    ["EBUSY", "external", "file_system_error"],
  ];
  for (const [osCode, kind, code] of cases) {
    const error = converted(osError(osCode));
    assertEquals([error.kind, error.code], [kind, code], osCode);
    assertEquals([error.path, error.details], ["/r/x", { osCode }]);
  }
});

Deno.test("asOrcError() leaves no error of the system without a way on", () => {
  const rare = ["EBUSY", "EXDEV", "ESTALE", "ENOTCONN", "ETIMEDOUT", "EFBIG"];
  const told = [...rare, "EUCLEAN", "EINVAL", "E133"].map((code) => {
    const { message, hint = "" } = converted(osError(code));
    assertStringIncludes(message, `(${code})`);
    assert(hint !== "", code);
    return `${message} ${hint}`.replace(code, "");
  });
  // Three of them are about a server, and two are known to nobody.
  assertEquals(new Set(told).size, told.length - 3);
});

Deno.test("asOrcError() says what could not be done, and keeps the cause", () => {
  const cause = osError("ENOSPC");
  const error = converted(cause, "/r/x", "store the session");
  assertEquals(
    error.message,
    'Cannot store the session "/r/x": disk full; nothing was changed',
  );
  assertStrictEquals(error.cause, cause);
});

Deno.test("asOrcError() names the exact flag of Deno", () => {
  const read = converted(notCapable("read"));
  assertEquals([read.kind, read.code], ["denied", "permission_missing"]);
  assertEquals(
    read.message,
    'Cannot read "/r/x" without the permission --allow-read=/r/x',
  );
  assertEquals(read.details, { flag: "--allow-read=/r/x" });
  const write = converted(notCapable("write"), "/r/x", "make");
  assertEquals(write.details, { flag: "--allow-write=/r/x" });
});

Deno.test("asOrcError() asks for all of .orchestrator at once", () => {
  const path = "/m/.orchestrator/worktrees/w/.orchestrator/sessions/a/lock.tmp";
  const { details } = converted(notCapable("write"), path);
  const flag = "--allow-write=/m/.orchestrator/worktrees/w/.orchestrator";
  assertEquals(details, { flag });
});

Deno.test("asOrcError() quotes a flag for the shell", () => {
  const { details } = converted(notCapable("read"), "/my repo's/$x");
  assertEquals(details, { flag: `--allow-read='/my repo'\\''s/$x'` });
});

Deno.test("asOrcError() names the flag of Node's permission model", () => {
  const refused = (permission: string): Error =>
    Object.assign(osError("ERR_ACCESS_DENIED"), { permission });
  assertEquals(converted(refused("FileSystemRead")).details, {
    flag: "--allow-fs-read=/r/x",
  });
  assertEquals(converted(refused("FileSystemWrite")).details, {
    flag: "--allow-fs-write=/r/x",
  });
});

Deno.test("asOrcError() leaves OrcErrors and bugs as they are", () => {
  const known = new OrcError("conflict", "lock_held", "Waited");
  for (
    const error of [
      known,
      new TypeError("a bug"),
      osError("ERR_INVALID_ARG_TYPE"),
      "text",
    ]
  ) assertStrictEquals(asOrcError(error, "read", "/r/x"), error);
});

test("asOrcError() says whose the directory is that a name may not leave", (root) => {
  writeTree(root, { "d/file": "" });
  const hintOf = (doing: string): string =>
    converted(osError("EACCES"), `${root}/d/file`, doing).hint ?? "";
  assertMatch(hintOf("read"), /^it belongs to user/);
  for (const doing of ["move", "remove"]) {
    assertStringIncludes(hintOf(doing), `"${root}/d" belongs to user`);
  }
});

Deno.test("asOrcError() understands what Deno really throws", () => {
  const error = assertThrows(() => Deno.lstatSync("/nowhere"));
  const { details } = converted(error, "/nowhere");
  assertEquals(details, { flag: "--allow-read=/nowhere" });
});

Deno.test("reasonOf() leaves out that the write that failed changed nothing", () => {
  const reason = reasonOf(converted(osError("ENOSPC")));
  assertEquals(reason, 'Cannot read "/r/x": disk full');
});

Deno.test("isDenied() is true for missing permissions only", () => {
  assertEquals(isDenied(converted(osError("EACCES"))), true);
  assertEquals(isDenied(converted(notCapable("read"))), true);
  assertEquals(isDenied(converted(osError("EROFS"))), false);
  assertEquals(isDenied(osError("EACCES")), false);
});

test("codeOf() is the system's name of an error, or its class", (directory) => {
  const absent = assertThrows(() => Deno.lstatSync(`${directory}/none`));
  const taken = assertThrows(() => Deno.mkdirSync(directory));
  const denied = assertThrows(() => Deno.lstatSync("/nowhere"));
  assertEquals(codeOf(absent), "ENOENT");
  assertEquals(codeOf(taken), "EEXIST");
  assertEquals(codeOf(denied), "NotCapable");
  assertEquals(codeOf(new TypeError("x")), "TypeError");
  assertEquals([isAbsent(absent), isAbsent(taken)], [true, false]);
  assertEquals([isTaken(absent), isTaken(taken)], [false, true]);
});

Deno.test({
  name: "codeOf() names what Deno has no name for",
  ignore: Deno.build.os !== "linux",
  fn() {
    const rename = "rename 'a' -> 'b'";
    const quota = new Error(`Disk quota exceeded (os error 122): ${rename}`);
    assertEquals(codeOf(quota), "EDQUOT");
    const unknown = new Error(`Protocol error (os error 71): ${rename}`);
    assertEquals(codeOf(unknown), "E71");
    const named = Object.assign(new Error("x (os error 5)"), { code: "EIO" });
    assertEquals(codeOf(named), "EIO");
  },
});
