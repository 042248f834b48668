// Tries the rules on a real Node, in the directory that is named.

import process from "node:process";
import { Deno as standIn } from "../../scripts/npm/deno/api.ts";
import { type DenoApi, rulesOf } from "./deno_api_contract.ts";
import { mkdirSync } from "node:fs";

const [, , directory = "."] = process.argv;
const rules = rulesOf(standIn as unknown as DenoApi);
for (const [number, [says, rule]] of [...rules].entries()) {
  const own = `${directory}/${number}`;
  mkdirSync(own);
  try {
    rule(own);
  } catch (cause) {
    throw new Error(says, { cause });
  }
}
console.log(`${rules.size} rules hold`);
