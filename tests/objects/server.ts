/**
 * A small server that speaks S3, in this process on loopback: it checks each signature, keeps to its
 * conditions as one step, and does wrong only where a test says so.
 */
import { AwsV4Signer } from "aws4fetch";

export const KEYS = {
  AWS_ACCESS_KEY_ID: "AKIAEXAMPLEEXAMPLE00",
  AWS_SECRET_ACCESS_KEY: "a-secret-key-that-nobody-may-ever-see-0123",
} as const;

/** What a server does with a request instead of answering it rightly. */
export type Fault =
  /** It answers a status, and does nothing. */
  | { readonly status: number; readonly code?: string }
  /** It does it, and then answers as if it had not, or not at all. */
  | { readonly done: "500" | "cut" }
  /** It takes its time first, and calls somebody once it has done it. */
  | {
    readonly slowMs: number;
    readonly first?: () => Promise<unknown>;
    readonly then?: () => void;
  }
  /** It answers with these bytes. */
  | { readonly body: string; readonly headers?: Record<string, string> };

export interface Request {
  readonly method: string;
  readonly key: string;
  readonly query: URLSearchParams;
  readonly headers: Headers;
}

interface Thing {
  readonly bytes: Uint8Array<ArrayBuffer>;
  readonly etag: string;
  at: string;
}

export interface Server {
  readonly url: string;
  readonly port: number;
  readonly things: Map<string, Thing>;
  /** All that was asked, as `PUT KEY STATUS`. */
  readonly log: string[];
  /** Asked before each request; what it returns is done instead. */
  fault: (request: Request) => Fault | undefined;
  /** How it treats conditions: as S3, by unquoted ETags alone, or not at all. */
  conditions: "s3" | "bare" | "none" | "create" | "unsupported";
  /** How many keys a page of a list has. */
  pageSize: number;
  /** Where it sends everybody. */
  redirect: { readonly status: number; readonly location: string } | undefined;
}

const encoder = new TextEncoder();

export async function withServer(
  test: (server: Server) => Promise<void>,
): Promise<void> {
  const server: Server = {
    ...{ url: "", port: 0, things: new Map(), log: [] },
    fault: () => undefined,
    conditions: "s3",
    pageSize: 1000,
    redirect: undefined,
  };
  const listener = Deno.serve(
    { port: 0, hostname: "127.0.0.1", onListen: () => {} },
    (request) => answer(server, request),
  );
  const { port } = listener.addr;
  Object.assign(server, { port, url: `http://127.0.0.1:${port}/bucket/team` });
  try {
    await test(server);
  } finally {
    await listener.shutdown();
  }
}

async function answer(server: Server, request: globalThis.Request) {
  const { pathname, searchParams: query } = new URL(request.url);
  const [, bucket, ...rest] = pathname.split("/");
  const key = rest.join("/");
  const { method, headers } = request;
  const body = new Uint8Array(await request.arrayBuffer());
  const said = { method, key, query, headers };
  const fault = server.fault(said);
  const note = (response: Response) => {
    server.log.push(`${method} ${key} ${response.status}`);
    return response;
  };
  if (server.redirect !== undefined) {
    const { status, location } = server.redirect;
    return note(new Response(null, { status, headers: { location } }));
  }
  if (fault !== undefined && "slowMs" in fault) {
    await fault.first?.();
    await new Promise((resolve) => setTimeout(resolve, fault.slowMs));
  }
  if (fault !== undefined && "status" in fault) {
    return note(error(fault.status, fault.code ?? ""));
  }
  if (fault !== undefined && "body" in fault) {
    return note(new Response(fault.body, { headers: fault.headers ?? {} }));
  }
  if (!await isSigned(request, body)) {
    return note(error(403, "SignatureDoesNotMatch"));
  }
  if (bucket !== "bucket") return note(error(404, "NoSuchBucket"));
  const right = note(await respond(server, said, body));
  if (fault !== undefined && "slowMs" in fault) fault.then?.();
  if (fault === undefined || !("done" in fault)) return right;
  if (fault.done === "500") return error(500, "InternalError");
  // The connection breaks in the middle of the answer.
  return new Response(
    new ReadableStream({
      pull(controller) {
        controller.error();
      },
    }),
  );
}

async function isSigned(
  request: globalThis.Request,
  body: Uint8Array<ArrayBuffer>,
): Promise<boolean> {
  const { headers } = request;
  const hash = new Uint8Array(await crypto.subtle.digest("SHA-256", body));
  if (headers.get("x-amz-content-sha256") !== hexOf(hash)) return false;
  const [, names = ""] =
    /SignedHeaders=([^,]+)/.exec(headers.get("authorization") ?? "") ?? [];
  const signed = Object.fromEntries(
    names.split(";").filter((name) => name !== "host")
      .map((name) => [name, headers.get(name) ?? ""]),
  );
  const signer = new AwsV4Signer({
    ...{ method: request.method, url: request.url, headers: signed },
    accessKeyId: KEYS.AWS_ACCESS_KEY_ID,
    secretAccessKey: KEYS.AWS_SECRET_ACCESS_KEY,
    ...{ service: "s3", region: "us-east-1" },
    datetime: headers.get("x-amz-date") ?? "",
  });
  const right = (await signer.sign()).headers.get("authorization");
  return right === headers.get("authorization");
}

function hexOf(bytes: Uint8Array): string {
  return [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}

function respond(
  server: Server,
  { method, key, query, headers }: Request,
  body: Uint8Array<ArrayBuffer>,
): Response | Promise<Response> {
  const { things } = server;
  if (method === "GET" && key === "") return list(server, query);
  const thing = things.get(key);
  if (method === "GET") {
    return thing === undefined
      ? error(404, "NoSuchKey")
      : new Response(thing.bytes, { headers: { etag: thing.etag } });
  }
  if (method === "DELETE") {
    things.delete(key);
    return new Response(null, { status: 204 });
  }
  if (method !== "PUT") return error(405, "MethodNotAllowed");
  const problem = judge(server.conditions, thing, headers);
  if (problem !== undefined) return problem;
  // Set before anything is waited for: a condition and what depends on it are one step.
  const etag = `"${fingerprint(body)}"`;
  things.set(key, { bytes: body, etag, at: new Date().toISOString() });
  return new Response(null, { headers: { etag } });
}

function judge(
  conditions: Server["conditions"],
  thing: Thing | undefined,
  headers: Headers,
): Response | undefined {
  const [match, none] = [headers.get("if-match"), headers.get("if-none-match")];
  if (conditions === "none") return undefined;
  if (conditions === "unsupported" && (match ?? none) !== null) {
    return error(501, "NotImplemented");
  }
  if (none === "*" && thing !== undefined) {
    return error(412, "PreconditionFailed");
  }
  if (match === null || conditions === "create") return undefined;
  if (thing === undefined) return error(404, "NoSuchKey");
  const etag = thing.etag.replaceAll('"', "");
  const isSame = conditions === "bare"
    ? match === etag
    : match.replaceAll('"', "") === etag;
  return isSame ? undefined : error(412, "PreconditionFailed");
}

/** Not MD5, and no promise of S3 either: it only has to differ where the content does. */
function fingerprint(bytes: Uint8Array): string {
  let [one, other] = [0x811c9dc5, 0x01000193];
  for (const byte of bytes) {
    one = Math.imul(one ^ byte, 0x01000193);
    other = Math.imul(other ^ byte, 0x85ebca6b);
  }
  return hexOf(new Uint8Array(new Int32Array([one, other]).buffer));
}

function error(status: number, code: string): Response {
  const body = code === ""
    ? ""
    : `<?xml version="1.0"?><Error><Code>${code}</Code><Message>of ${KEYS.AWS_SECRET_ACCESS_KEY}</Message></Error>`;
  return new Response(body, { status });
}

function list({ things, pageSize }: Server, query: URLSearchParams): Response {
  const prefix = query.get("prefix") ?? "";
  const from = query.get("continuation-token") ?? "";
  const left = [...things].filter(([key]) =>
    key.startsWith(prefix) && key > from
  ).sort(([one], [other]) => one < other ? -1 : 1);
  const page = left.slice(0, pageSize);
  const isCut = left.length > page.length;
  const body = page.map(([key, thing]) =>
    `<Contents><Key>${key}</Key><LastModified>${thing.at}</LastModified><ETag>${
      thing.etag.replaceAll('"', "&quot;")
    }</ETag></Contents>`
  );
  const next = isCut
    ? `<NextContinuationToken>${page.at(-1)?.[0]}</NextContinuationToken>`
    : "";
  return new Response(
    encoder.encode(
      `<?xml version="1.0" encoding="UTF-8"?><ListBucketResult><Name>bucket</Name><Prefix>${prefix}</Prefix><IsTruncated>${isCut}</IsTruncated>${next}${
        body.join("")
      }</ListBucketResult>`,
    ),
  );
}
