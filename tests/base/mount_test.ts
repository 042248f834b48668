import { mountOf } from "../../src/base/mount.ts";
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

Deno.test("mountOf() tells what is read-only", () => {
  const list = "/dev/vda / ext4 rw,errors=remount-ro 0 0\na /b ext4 ro 0 0";
  assertEquals(mountOf(list, "/b/c"), { type: "ext4", isReadOnly: true });
  assertEquals(mountOf(list, "/c"), { type: "ext4", isReadOnly: false });
});

Deno.test("mountOf() says nothing where the list does not", () => {
  assertEquals(mountOf("", "/shop"), undefined);
});
