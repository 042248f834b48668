// Tries the rules on a real Node, in the directory that is named.

import process from "node:process";
import { Deno as standIn } from "../../scripts/npm/deno/api.ts";
import { type DenoApi, RULES } from "./deno_api_contract.ts";
import { mkdirSync } from "node:fs";

const [, , directory = "."] = process.argv;
for (const [number, [says, rule]] of Object.entries(RULES).entries()) {
  const own = `${directory}/${number}`;
  mkdirSync(own);
  try {
    rule(standIn as unknown as DenoApi, own);
  } catch (cause) {
    throw new Error(says, { cause });
  }
}
console.log(`${Object.keys(RULES).length} rules hold`);
