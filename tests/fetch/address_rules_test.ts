import { parseAddress } from "../../src/fetch/address_rules.ts";
import { assertEquals, assertMatch } from "@std/assert";

const TAKEN: Readonly<Record<string, readonly string[]>> = {
  "https://example.org/org/workflows.git": ["https", "ssh"],
  "https://ada@example.org:8443/w": ["https", "ssh"],
  "ssh://git@example.org/org/w.git": ["https", "ssh"],
  "git@example.org:org/w.git": ["https", "ssh"],
  "example.org:org/w.git": ["https", "ssh"],
  "http://127.0.0.1:8080/w.git": ["http"],
  "http://localhost/w.git": ["http"],
  "git://[::1]/w": ["git"],
};

const REFUSED: Readonly<Record<string, RegExp>> = {
  "": /no address/,
  "--upload-pack=touch x": /no address/,
  "-oProxyCommand=x": /no address/,
  "https://example.org/a b": /no address/,
  "https://example.org/a\nb": /no address/,
  "ext::sh -c touch% x": /no address|program of git/,
  "ext::touch": /program of git/,
  "fd::17": /program of git/,
  "https::https://example.org/x": /program of git/,
  "https://ada:secret@example.org/w": /password/,
  "ssh://-oProxyCommand=x/w": /no address/,
  "ssh://-l@example.org/w": /no address/,
  "http://example.org/w.git": /not encrypted/,
  "git://127.0.0.1.example.org/w": /not encrypted/,
  "git://localhost@example.org/w": /not encrypted/,
  "ftp://example.org/w": /no protocol/,
  "https:///w": /names no host/,
  "file:///srv/w": /directory of one machine/,
  "/srv/w": /directory of one machine/,
  "../w": /directory of one machine/,
  "C:\\w": /directory of one machine/,
};

Deno.test("parseAddress() takes what is encrypted or does not leave the machine, by one protocol", () => {
  for (const [text, protocols] of Object.entries(TAKEN)) {
    assertEquals(parseAddress(text, "file"), { url: text, protocols }, text);
  }
});

Deno.test("parseAddress() refuses all else, and shows no password", () => {
  for (const [text, why] of Object.entries(REFUSED)) {
    const parsed = parseAddress(text, "file");
    assertMatch("problem" in parsed ? parsed.problem : "taken", why, text);
    assertEquals(JSON.stringify(parsed).includes("secret"), false);
  }
});

Deno.test("parseAddress() lets only a user name a directory", () => {
  for (const text of ["/srv/w", "../w", "file:///srv/w"]) {
    const address = parseAddress(text, "user");
    assertEquals(address, { url: text, protocols: ["file"] });
  }
  assertEquals("problem" in parseAddress("ext::touch", "user"), true);
});
