/** Findings come while doctor still looks, and are those of the whole look. */
import { type Finding, worstFirst } from "../../src/base/finding.ts";
import { repositoryLayout, sessionLayout } from "../../src/base/layout.ts";
import { MIN_INDEXED_SESSIONS } from "../../src/base/limits.ts";
import { diagnoseRepository, eachFinding } from "../../src/doctor/use.ts";
import { lockText } from "../session/fixtures.ts";
import { foreignRecord } from "../session/fixtures.ts";
import { edit, fixedHost, idOf } from "../work/fixtures.ts";
import { amongSessions, callsOf, later, sorted } from "./fixtures.ts";
import { assert, assertEquals, assertStrictEquals } from "@std/assert";

const MANY = 200;
const AT = later();
const host = () => fixedHost({ at: AT });

/** Damages every tenth session in one of several ways, and names none of them in `current`. */
function damage(root: string): void {
  for (let number = 0; number < MANY; number += 10) {
    const { directory, state, log, meta } = sessionLayout(
      root,
      idOf(1, number),
    );
    const ways: readonly (() => void)[] = [
      () => edit(state, "Add login", "Add logout"),
      () => Deno.writeTextFileSync(log, "{\n", { append: true }),
      () => Deno.writeTextFileSync(meta, "["),
      () => Deno.removeSync(log),
      () =>
        Deno.writeTextFileSync(`${directory}/lock`, lockText(foreignRecord())),
      () => Deno.writeTextFileSync(state, "{"),
      () => Deno.chmodSync(state, 0o666),
    ];
    ways[number / 10 % ways.length]?.();
  }
  Deno.writeTextFileSync(repositoryLayout(root).current, "../etc");
}

Deno.test("eachFinding() gives what diagnoseRepository() finds, those of a session first", () =>
  amongSessions(async (root) => {
    damage(root);
    const { findings } = await diagnoseRepository(host(), { root, full: true });
    for (const full of [true, false, false]) {
      const each = await Array.fromAsync(eachFinding(host(), { root, full }));
      assertEquals(sorted(each), sorted(findings));
      const first = each.slice(0, each.findIndex(({ session }) => !session));
      const ids = first.map(({ session }) => session ?? "");
      assertEquals(ids, ids.toSorted());
      assert(new Set(ids).size > 15, `only of ${ids}`);
      const last = each.slice(first.length);
      assert(last.some(({ code }) => code === "foreign_current"));
      assertEquals(last, last.toSorted(worstFirst));
    }
  }, MANY));

Deno.test("diagnoseRepository() finds the worst first, as before", () =>
  amongSessions(async (root) => {
    damage(root);
    const { findings } = await diagnoseRepository(host(), { root });
    assertEquals(findings, findings.toSorted(worstFirst));
    assert(findings.length > 20, `only ${findings.length}`);
  }, MANY));

Deno.test("eachFinding() reads no further than it is asked for", () =>
  amongSessions(async (root) => {
    damage(root);
    const options = { root, full: true };
    const { sessions } = repositoryLayout(root);
    const below = (paths: readonly string[]) =>
      paths.filter((path) => path.startsWith(`${sessions}/`)).length;
    const whole = await callsOf(() =>
      Array.fromAsync(eachFinding(host(), options))
    );
    const findings: Finding[] = [];
    const first = await callsOf(async () => {
      for await (const finding of eachFinding(host(), options)) {
        findings.push(finding);
        break;
      }
    });
    assertEquals(findings.map(({ session }) => session), [idOf(1, 0)]);
    assert(below(whole.opened) > 3 * MANY - 20, `${below(whole.opened)}`);
    assertEquals(below(first.opened), 3);
    assert(first.count < whole.count / 3, `${first.count} of ${whole.count}`);
  }, MANY));

Deno.test("eachFinding() ends with the signal, and so does diagnoseRepository()", () =>
  amongSessions(async (root) => {
    damage(root);
    const caller = new AbortController();
    const { signal } = caller;
    const seen: Finding[] = [];
    const looking = (async () => {
      for await (const each of eachFinding(host(), { root, signal })) {
        seen.push(each);
        caller.abort("enough");
      }
    })();
    assertEquals(await looking.catch((reason) => reason), "enough");
    assertEquals(seen.length, 1);
    const later = new AbortController();
    const { opened } = await callsOf(async () => {
      // What a timer does later than the beginning, also on a slow machine.
      const diagnosing = diagnoseRepository(host(), {
        root,
        full: true,
        signal: later.signal,
      });
      later.abort(new Error("gone"));
      const reason = await diagnosing.catch((error) => error);
      assertStrictEquals(reason, later.signal.reason);
    });
    assert(opened.length < MANY, `${opened.length} opened`);
  }, MANY));

Deno.test("eachFinding() keeps the index once it looked at all, and not before", () =>
  amongSessions(async (root) => {
    const unchanged = async () => {
      return (await diagnoseRepository(host(), { root })).unchanged;
    };
    edit(sessionLayout(root, idOf(1, 3)).state, "Add login", "Add logout");
    for await (const _ of eachFinding(host(), { root })) break;
    const { doctorIndex } = repositoryLayout(root);
    assert(
      !Array.from(Deno.readDirSync(`${root}/.orchestrator`)).some(({ name }) =>
        doctorIndex.endsWith(`/${name}`)
      ),
    );
    await Array.fromAsync(eachFinding(host(), { root }));
    assertEquals(await unchanged(), MIN_INDEXED_SESSIONS - 1);
  }));
