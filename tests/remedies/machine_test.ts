/** What doctor says of the disk, in a file system that is mounted for it. */
import { canMount, inLab, shellWithMounts, test } from "../bad_inputs/lab.ts";
import { assertEquals, assertStringIncludes } from "@std/assert";

const MOUNTS = { ignore: !canMount() };

/** `try` prints a code of doctor where it is found, and how a command ends. */
const TOOLS = `
try() { orc "$@" > out 2>&1; echo "$1 $?"; }
found() { orc doctor --json | grep -o "\\"$1\\"" | head -n 1; }
`;

test({
  ...MOUNTS,
  name: "disk_space_low goes when there is room, which cleaning up makes",
  fn: () =>
    inLab(async (lab) => {
      const { out, err } = await shellWithMounts(
        lab,
        `mount -t tmpfs -o size=90m none "$2" && cp -a "$1/." "$2" && cd "$2" || exit 99
        ${TOOLS}
        found disk_space_low
        dd if=/dev/zero of=.orchestrator/sessions/${lab.first}/large bs=1M count=40 2> out
        found disk_space_low; orc doctor | grep "has only"
        try note x; orc finish --abandon --reason over > out
        orc session cleanup --older-than 0 --yes > out; found disk_space_low; echo end`,
      );
      assertStringIncludes(out, '"disk_space_low"', err);
      assertEquals(out.match(/"disk_space_low"/g)?.length, 1, out + err);
      assertStringIncludes(out, "note 0", out);
    }),
});

test({
  ...MOUNTS,
  name: "read_only_file_system is said while no session can change",
  fn: () =>
    inLab(async (lab) => {
      const { out, err } = await shellWithMounts(
        lab,
        `mount -t tmpfs none "$2" && cp -a "$1/." "$2" || exit 99
        ${TOOLS.replaceAll("> out", "> /dev/null")}
        mount -o remount,ro "$2" && cd "$2"
        found read_only_file_system; try note x; try start x --beside; try status
        mount -o remount,rw "$2"; found read_only_file_system; try note x`,
      );
      assertEquals(
        out.trimEnd().split("\n"),
        ['"read_only_file_system"', "note 7", "start 7", "status 0", "note 0"],
        err,
      );
    }),
});
