import { readTar } from "./tar.ts";

/** As much of a JSR registry as it takes to publish packages and to import them; kept in memory. */
export interface Registry {
  /** What `JSR_URL` has to be. */
  readonly url: string;
  close(): Promise<void>;
}

/** What is published, by the path it is asked for. */
type Files = Map<string, Uint8Array>;

/** Before anything that a policy could call too new to be used. */
const PUBLISHED_AT = "2024-01-01T00:00:00Z";

const UPLOAD =
  /^\/api\/scopes\/([\w-]+)\/packages\/([\w-]+)\/versions\/([\w.-]+)$/;

/** Opens a registry on this machine alone; whoever asks may publish. */
export function openRegistry(): Registry {
  const files: Files = new Map();
  const server = Deno.serve(
    { hostname: "127.0.0.1", port: 0, onListen: () => {} },
    (request) => answer(request, files),
  );
  return {
    url: `http://127.0.0.1:${server.addr.port}/`,
    close: () => server.shutdown(),
  };
}

async function answer(request: Request, files: Files): Promise<Response> {
  const { pathname } = new URL(request.url);
  const upload = UPLOAD.exec(pathname);
  if (request.method === "POST" && upload !== null) {
    const [, scope = "", name = "", version = ""] = upload;
    await keep({ scope, name, version }, request, files);
    return Response.json({ id: "1", status: "success", error: null });
  }
  // Every package is there to be published, in any version but those that are known.
  const isPackage = pathname.startsWith("/api/") && upload === null;
  if (isPackage) return Response.json({});
  const bytes = files.get(pathname);
  if (bytes === undefined) return new Response("", { status: 404 });
  const extension = /\.\w+$/.exec(pathname)?.[0] ?? "";
  const type = TYPES[extension] ?? "text/typescript";
  return new Response(bytes.slice(), { headers: { "content-type": type } });
}

const TYPES: Readonly<Record<string, string>> = {
  ".js": "text/javascript",
  ".json": "application/json",
};

interface Release {
  readonly scope: string;
  readonly name: string;
  readonly version: string;
}

async function keep(
  { scope, name, version }: Release,
  request: Request,
  files: Files,
): Promise<void> {
  const archive = request.body?.pipeThrough(new DecompressionStream("gzip"));
  const uploaded = readTar(await new Response(archive).bytes());
  const home = `/@${scope}/${name}`;
  const manifest: Record<string, unknown> = {};
  for (const [path, bytes] of uploaded) {
    files.set(`${home}/${version}${path}`, bytes);
    manifest[path] = { size: bytes.length, checksum: await checksumOf(bytes) };
  }
  const config = uploaded.get("/deno.json");
  const { exports } = JSON.parse(new TextDecoder().decode(config));
  const named = typeof exports === "string" ? { ".": exports } : exports;
  const put = (path: string, value: unknown) =>
    files.set(path, new TextEncoder().encode(JSON.stringify(value)));
  put(`${home}/${version}_meta.json`, { manifest, exports: named });
  const versions = { [version]: { createdAt: PUBLISHED_AT } };
  put(`${home}/meta.json`, { scope, name, latest: version, versions });
}

async function checksumOf(bytes: Uint8Array): Promise<string> {
  const digest = await crypto.subtle.digest("SHA-256", bytes.slice());
  return `sha256-${new Uint8Array(digest).toHex()}`;
}
