import { mountOf, tellsChanges } from "../../src/base/mount.ts";
import { assertEquals } from "@std/assert";

const LIST = `/dev/vda / ext4 rw,relatime 0 0
server:/home /home nfs4 rw,vers=4.2 0 0
/dev/sdb /media/my\\040disk exfat ro,nosuid 0 0
tmpfs /media/my\\040disk tmpfs rw 0 0
broken line
`;

Deno.test("mountOf() finds the innermost file system, and the last of two on one point", () => {
  const types = ["/shop", "/home/me/shop", "/homes", "/media/my disk/shop"]
    .map((path) => mountOf(LIST, path)?.type);
  assertEquals(types, ["ext4", "nfs4", "ext4", "tmpfs"]);
});

Deno.test("mountOf() tells what is read-only, and nothing where the list does not", () => {
  assertEquals(mountOf("", "/shop"), undefined);
  const list = "/dev/vda / ext4 rw,errors=remount-ro 0 0\na /b ext4 ro 0 0";
  assertEquals(mountOf(list, "/b/c"), {
    type: "ext4",
    isReadOnly: true,
    hasModes: true,
  });
  assertEquals(mountOf(list, "/c"), {
    type: "ext4",
    isReadOnly: false,
    hasModes: true,
  });
});

Deno.test("mountOf() tells where the mount makes up modes that no file has", () => {
  const hasModes = (type: string, options: string) =>
    mountOf(`/dev/a / ${type} ${options} 0 0\n`, "/shop")?.hasModes;
  const without = [
    ["fuseblk", "rw,relatime,user_id=0,group_id=0,allow_other,blksize=4096"],
    ["vfat", "rw,fmask=0022,dmask=0022,codepage=437,shortname=mixed"],
    ["exfat", "rw,uid=1000,fmask=0022,dmask=0022"],
    ["hfsplus", "rw,umask=22,uid=0,gid=0"],
    ["cifs", "rw,vers=3.1.1,file_mode=0755,dir_mode=0755"],
    ["9p", "rw,dirsync,aname=drvfs;path=C:\\134;uid=1000,access=client"],
  ];
  const within = [
    ["ext4", "rw,relatime"],
    ["fuseblk", "rw,user_id=0,default_permissions,allow_other"],
    ["cifs", "rw,vers=1.0,unix,posixpaths"],
    ["9p", "rw,aname=drvfs;path=C:\\134;uid=1000;metadata,access=client"],
  ];
  for (const [type = "", options = ""] of without) {
    assertEquals(hasModes(type, options), false, type);
  }
  for (const [type = "", options = ""] of within) {
    assertEquals(hasModes(type, options), true, type);
  }
});

Deno.test("tellsChanges() trusts no file system that may tell of a change late, or never", () => {
  for (const type of [null, "ext4", "xfs", "btrfs", "apfs", "tmpfs"]) {
    assertEquals(tellsChanges(type), true, `${type}`);
  }
  for (const type of ["nfs4", "9p", "fuse.sshfs", "fuseblk", "vfat"]) {
    assertEquals(tellsChanges(type), false, type);
  }
});
