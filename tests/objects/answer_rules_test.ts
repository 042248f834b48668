import {
  endingOf,
  errorCode,
  parseKeyPage,
} from "../../src/objects/answer_rules.ts";
import { assertEquals } from "@std/assert";

Deno.test("endingOf() tells what is lost from what nobody knows", () => {
  const rows: readonly [number, string, string][] = [
    [200, "", "done"],
    [204, "", "done"],
    [404, "NoSuchKey", "absent"],
    [404, "NoSuchBucket", "no_bucket"],
    [412, "PreconditionFailed", "lost"],
    [409, "ConditionalRequestConflict", "unknown"],
    [429, "", "unknown"],
    [500, "InternalError", "unknown"],
    [503, "SlowDown", "unknown"],
    [501, "NotImplemented", "unsupported"],
    [400, "NotImplemented", "unsupported"],
    [401, "", "locked"],
    [403, "", "locked"],
    [403, "SignatureDoesNotMatch", "locked"],
    [400, "ExpiredToken", "locked"],
    [403, "AccessDenied", "refused"],
    [400, "AuthorizationHeaderMalformed", "refused"],
    [400, "", "refused"],
    [301, "", "refused"],
  ];
  for (const [status, code, kind] of rows) {
    assertEquals(endingOf(status, code).kind, kind, `${status} ${code}`);
  }
});

Deno.test("errorCode() reads the code alone, whatever else an error says", () => {
  const document = (code: string) =>
    `<Error><Code>${code}</Code><StringToSign>hidden</StringToSign></Error>`;
  assertEquals(errorCode(document("AccessDenied")), "AccessDenied");
  for (const text of ["", "<Code>", document("two words"), document("")]) {
    assertEquals(errorCode(text), "", text);
  }
  assertEquals(errorCode(document("x".repeat(65))), "");
});

Deno.test("parseKeyPage() reads a page, and nothing that is none", () => {
  const page = (inner: string) =>
    `<?xml version="1.0"?><ListBucketResult>${inner}</ListBucketResult>\n`;
  const contents =
    "<Contents><Key>a&amp;b</Key><LastModified>2026-01-02T03:04:05Z</LastModified><ETag>&quot;e&quot;</ETag></Contents>";
  assertEquals(parseKeyPage(page(`<Prefix>p</Prefix>${contents}`)), {
    keys: [{ key: "a&b", at: "2026-01-02T03:04:05Z", etag: '"e"' }],
    next: undefined,
  });
  const cut = "<IsTruncated>true</IsTruncated>";
  const token = "<NextContinuationToken>n</NextContinuationToken>";
  assertEquals(parseKeyPage(page(cut + token))?.next, "n");
  for (
    const text of ["", "<html></html>", page("").slice(0, -3), page(cut)]
  ) {
    assertEquals(parseKeyPage(text), undefined, text);
  }
});
