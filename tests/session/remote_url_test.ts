import {
  normaliseRemote,
  withoutCredentials,
} from "../../src/session/remote_url.ts";
import { assertEquals, assertFalse } from "@std/assert";

Deno.test("normaliseRemote() is the same for all ways to one repository", () => {
  const ways = [
    "https://github.com/org/repo.git",
    "https://github.com/org/repo",
    "https://github.com/org/repo/",
    "https://github.com/org/repo.git/",
    "https://user:token@GitHub.com/org/repo.git",
    "https://x-access-token:ghs_1@github.com:443/org/repo.git?token=1#x",
    "HTTPS://github.com//org/repo.git",
    "git@github.com:org/repo.git",
    "git@github.com:/org/repo.git",
    "github.com:org/repo",
    "ssh://git@github.com/org/repo.git",
    "ssh://git@github.com:22/org/repo.git",
    "git+ssh://git@github.com/org/repo",
    "git://github.com:9418/org/repo.git",
    " git@github.com:org/repo.git\n",
  ];
  for (const url of ways) {
    assertEquals(normaliseRemote(url), "github.com/org/repo", url);
  }
});

Deno.test("normaliseRemote() keeps what tells repositories apart", () => {
  assertEquals(normaliseRemote("https://h.x:8443/o/r"), "h.x:8443/o/r");
  assertEquals(normaliseRemote("https://h.x/Org/Repo"), "h.x/Org/Repo");
  assertEquals(normaliseRemote("ssh://git@[::1]:22/r.git"), "[::1]/r");
  assertEquals(normaliseRemote("git@[::1]:r.git"), "[::1]/r");
  assertEquals(normaliseRemote("ssh://h.x/~me/r.git"), "h.x/~me/r");
});

Deno.test("normaliseRemote() names local repositories by their path", () => {
  assertEquals(normaliseRemote("/srv/git/r.git"), "/srv/git/r");
  assertEquals(normaliseRemote("file:///srv/git/r.git"), "/srv/git/r");
  assertEquals(normaliseRemote("C:\\git\\r.git"), "C:\\git\\r");
  assertEquals(normaliseRemote("C:/git/r.git"), "C:/git/r");
});

Deno.test("normaliseRemote() has no name for what depends on the directory", () => {
  for (const url of ["", " ", "../r.git", "r", "./r", "https://", "file://"]) {
    assertEquals(normaliseRemote(url), undefined, url);
  }
});

Deno.test("withoutCredentials() leaves a URL that still leads to the repository", () => {
  const cases = [
    ["https://user:token@host.x/o/r.git", "https://host.x/o/r.git"],
    ["https://token@host.x/o/r.git?a=b", "https://host.x/o/r.git"],
    ["https://host.x:8443/o/r.git", "https://host.x:8443/o/r.git"],
    ["ssh://git:pw@host.x:22/o/r.git", "ssh://git@host.x:22/o/r.git"],
    ["git@host.x:o/r.git", "git@host.x:o/r.git"],
    ["git:pw@host.x:o/r.git", "git@host.x:o/r.git"],
    ["host.x:o/r.git", "host.x:o/r.git"],
    ["/srv/r.git", "/srv/r.git"],
    ["../r.git", "../r.git"],
    ["C:\\r.git", "C:\\r.git"],
  ];
  for (const [url = "", expected] of cases) {
    assertEquals(withoutCredentials(url), expected, url);
  }
});

Deno.test("withoutCredentials() and normaliseRemote() never repeat a secret", () => {
  const urls = [
    "https://s3cret@host.x/r",
    "https://u:s3cret@host.x/r",
    "https://u:a@s3cret@host.x/r",
    "https://u:p/s3cret@host.x/r",
    "https://u:p?s3cret@host.x/r",
    "https://u:p#s3cret@host.x/r",
    "https://u:s3cret@[::1]:80/r",
    "https://host.x/r?private_token=s3cret",
    "https://host.x/r#s3cret",
    "helper::https://u:s3cret@host.x/r",
    "ssh://u:s3cret@host.x/r",
    "u:s3cret@host.x:r",
  ];
  for (const url of urls) {
    assertFalse(withoutCredentials(url).includes("s3cret"), url);
    assertFalse(normaliseRemote(url)?.includes("s3cret"), url);
  }
});
