/** From where orc fetches, and by which protocols: what is not named here is refused. */
import { inOneLine, quoted } from "../base/text.ts";

/** A repository of git, and the only ways on which git may go to it. */
export interface Address {
  readonly url: string;
  /** Protocols as git names them. */
  readonly protocols: readonly string[];
}

/** What an address says wrong: one sentence without its period. */
export interface WrongAddress {
  readonly problem: string;
}

/** A user's own setting may lead from one of them to the other. */
const ENCRYPTED = ["https", "ssh"];

const LOOPBACK = /^(?:localhost|127(?:\.\d{1,3}){3}|\[::1\])$/i;

const KNOWN =
  "fetched is by https://, by ssh:// and by user@host:path; nothing else is";

/**
 * Reads the address of a repository. What somebody else wrote into a file reaches no directory of this
 * machine: only what the user types may name one.
 */
export function parseAddress(
  text: string,
  who: "file" | "user",
): Address | WrongAddress {
  const shown = quoted(inOneLine(withoutUser(text)));
  if (/[\s\p{Cc}]/u.test(text) || text === "" || text.startsWith("-")) {
    return { problem: `${shown} is no address of a repository` };
  }
  if (/^[\w+.-]+::/.test(text)) {
    return { problem: `${shown} names a program of git's: ${KNOWN}` };
  }
  const [, scheme = "", user = "", host = ""] =
    /^([a-z][a-z0-9+.-]*):\/\/(?:([^/@]*)@)?([^/@]*?)(?::\d+)?(?:\/|$)/i.exec(
      text,
    ) ?? [];
  if (user.includes(":")) {
    return {
      problem:
        `${shown} holds a password: leave it to a credential helper of git`,
    };
  }
  if (host.startsWith("-") || user.startsWith("-")) {
    return { problem: `${shown} is no address of a repository` };
  }
  switch (scheme.toLowerCase()) {
    case "https":
    case "ssh":
      if (host !== "") return { url: text, protocols: ENCRYPTED };
      return { problem: `${shown} names no host` };
    case "http":
    case "git":
      // Whoever is on the way could put another repository in the place of this one.
      if (LOOPBACK.test(host)) return { url: text, protocols: [scheme] };
      return { problem: `${shown} is not encrypted: ${KNOWN}` };
    case "file":
    case "":
      break;
    default:
      return { problem: `${shown} names no protocol that orc uses: ${KNOWN}` };
  }
  if (/^(?:[\w.]+[\w.-]*@)?\w[\w.-]+:(?!\/\/)[^:\\]+$/.test(text)) {
    return { url: text, protocols: ENCRYPTED };
  }
  return who === "user" ? { url: text, protocols: ["file"] } : {
    problem: `${shown} is a directory of one machine: ${KNOWN}`,
  };
}

/** An address without user and password, of which the second may hold an `@` itself. */
export function withoutUser(text: string): string {
  return text.replaceAll(/(\b[a-z][\w+.-]*:\/\/)[^/\s'"]*@/gi, "$1");
}
