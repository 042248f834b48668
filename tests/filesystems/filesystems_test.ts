/** What orc promises, on file systems that are not those of most machines. */
import { orcCommands } from "../orc_command.ts";
import {
  type Ended,
  type FileSystem,
  NTFS,
  whyNot,
  withMounted,
} from "./mount.ts";
import { assert, assertEquals, assertStringIncludes } from "@std/assert";

const ORC = orcCommands()[0]?.join(" ");
const TMPFS: FileSystem = {
  name: "tmpfs",
  mount: "mount -t tmpfs -o mode=755 none $AT",
  needs: [],
};

interface Tried extends FileSystem {
  readonly problem: string | undefined;
}

async function tryOut(system: FileSystem): Promise<Tried> {
  const problem = await whyNot(system);
  if (problem !== undefined) {
    console.log(`filesystems: ${system.name} is skipped, for ${problem}`);
  }
  return { ...system, problem };
}

const ntfs = await tryOut(NTFS);

/** Runs commands in a new directory, with a file system mounted on it or on a directory in it. */
async function inShop(
  system: Pick<FileSystem, "mount">,
  below: string,
  commands: string,
): Promise<Ended> {
  const shop = await Deno.makeTempDir({ dir: "/tmp", prefix: "orc-shop-" });
  try {
    await Deno.mkdir(`${shop}${below}`, { recursive: true });
    const script = `set -e
orc() { ${ORC} "$@"; }
export HOME=${shop}/../no-home
cd ${shop}
${commands}`;
    return await withMounted(system, `${shop}${below}`, script);
  } finally {
    await Deno.remove(shop, { recursive: true });
  }
}

Deno.test({
  name: "doctor asks for no mode that the mount makes up",
  ignore: ntfs.problem !== undefined,
  async fn() {
    const { code, said } = await inShop(
      ntfs,
      "",
      `orc start Task; printf secret-value | orc secrets set KEY --json || true
export HOME=${"$AT"}/home; mkdir home; orc secrets init; printf secret-value | orc secrets set KEY
ls -l .orchestrator/meta.json; orc doctor; orc secrets doctor`,
    );
    assertEquals(code, 0, said);
    assertStringIncludes(said, "-rwxrwxrwx");
    assert(!/chmod|\(mode/.test(said), said);
  },
});

const ignoringCase = await tryOut({
  name: "NTFS that ignores case",
  mount: NTFS.mount.replace(
    "ntfs-3g -o loop",
    "lowntfs-3g -o loop,ignore_case",
  ),
  needs: ["mkfs.ntfs", "lowntfs-3g"],
});

Deno.test({
  name:
    "where case does not count, a repository has one state however its name is spelled",
  ignore: ignoringCase.problem !== undefined,
  async fn() {
    const { code, said } = await inShop(
      ignoringCase,
      "",
      `mkdir Shop; cd Shop; orc start Task; cd ../SHOP; orc note upper; orc note root --root ../shop
orc status --json; ls -d ../shop/.orchestrator/sessions/*`,
    );
    assertEquals(code, 0, said);
    for (const note of ["upper", "root"]) {
      assertStringIncludes(said, `"${note}"`);
    }
    assertEquals(said.match(/sessions\/[a-z0-9]{26}/g)?.length, 1, said);
  },
});

const tmpfs = await tryOut(TMPFS);

const WORKFLOW = `cat >workflow.yaml <<'END'
name: T
phases:
  - id: P
    name: P
    items:
      - {id: a, name: A}
END
`;

Deno.test({
  name:
    "state on another file system than the repository is kept, moved in and put back",
  ignore: tmpfs.problem !== undefined,
  async fn() {
    const legacy = `${Deno.cwd()}/tests/testdata/python-projects/min`;
    const { code, said } = await inShop(
      TMPFS,
      "/.orchestrator",
      `${WORKFLOW}git init -q .
stat -c %d . .orchestrator | uniq | wc -l
orc start Task; orc note kept; orc complete a --notes done; orc checkpoint -m one; orc finish
cp ${legacy}/.orchestrator/sessions/s1/state.json .workflow_state.json
cp ${legacy}/.orchestrator/sessions/s1/log.jsonl .workflow_log.jsonl
sha256sum .workflow_state.json .workflow_log.jsonl >before
orc migrate --yes; ls .workflow_state.json 2>&1 || true
orc migrate --rollback --yes; sha256sum -c before
orc doctor; ls -A .orchestrator`,
    );
    assertEquals(code, 0, said);
    assert(said.startsWith("2\n"), said);
    assertStringIncludes(said, "No such file");
    assertStringIncludes(said, ".workflow_state.json: OK");
    assert(!/migration_(?:pending|undo)|\.tmp/.test(said), said);
  },
});

Deno.test({
  name: "a repository that is a bind mount is the same repository",
  ignore: tmpfs.problem !== undefined,
  async fn() {
    const { code, said } = await inShop(
      { mount: "mount --bind $AT $AT" },
      "",
      `${WORKFLOW}orc start Task; orc note kept
mkdir "$AT-bound"; mount --bind "$AT" "$AT-bound"
cd "$AT-bound"; orc note too; cd "$AT"; umount "$AT-bound"; rmdir "$AT-bound"
orc doctor; orc status --json`,
    );
    assertEquals(code, 0, said);
    assertStringIncludes(said, "Healthy");
    for (const note of ["kept", "too"]) assertStringIncludes(said, `"${note}"`);
  },
});

/** In a file of its own, which a disk of that system would be. */
function inFile(name: string, make: string): FileSystem {
  return {
    name,
    mount:
      `truncate -s 1G $IMAGE && ${make} $IMAGE && mount -o loop $IMAGE $AT`,
    needs: [make.split(" ")[0] ?? ""],
  };
}

const OVERLAY: FileSystem = {
  name: "overlay",
  mount:
    `mount -t tmpfs none $AT && mkdir $AT/low $AT/up $AT/work && mount -t overlay -o lowerdir=$AT/low,upperdir=$AT/up,workdir=$AT/work overlay $AT/up && mount --move $AT/up $AT`,
  needs: [],
};

for (
  const system of [
    TMPFS,
    inFile("btrfs", "mkfs.btrfs -q"),
    inFile("xfs", "mkfs.xfs -q"),
    OVERLAY,
    NTFS,
  ]
) {
  const tried = await tryOut(system);
  Deno.test({
    name: `many processes and crashes lose nothing on ${system.name}`,
    ignore: tried.problem !== undefined,
    async fn() {
      const clone = await Deno.makeTempDir({ dir: "/tmp", prefix: "orc-on-" });
      try {
        const at = `${clone}/tests/.tmp`;
        const { success } = await new Deno.Command("git", {
          args: ["clone", "--quiet", Deno.cwd(), clone],
        }).output();
        assert(success);
        await Deno.mkdir(at, { recursive: true });
        const { code, said } = await withMounted(
          system,
          at,
          `cd ${clone} && $DENO task test parallel crash`,
        );
        assertEquals(code, 0, said.slice(-4000));
      } finally {
        await Deno.remove(clone, { recursive: true });
      }
    },
  });
}
