/** Paths of files that are named by an id or a name: apart, since most commands need none. */
import { isCheckpointId } from "./checkpoint_id.ts";
import { CHECKPOINT_SUFFIX, SECRET_SUFFIX } from "./layout.ts";
import { joinPath } from "./path.ts";
import { isSecretName } from "./secret_name.ts";

/**
 * Returns the path of a secret in a directory of secrets. What is no name of a
 * secret throws a plain `Error`: the last fence, as in {@linkcode sessionLayout}.
 */
export function secretPath(directory: string, name: string): string {
  if (!isSecretName(name)) {
    throw new Error(`No name of a secret: ${JSON.stringify(name)}`);
  }
  return joinPath(directory, `${name}${SECRET_SUFFIX}`);
}

/**
 * Returns the path of a checkpoint in a directory of checkpoints. What is no id
 * throws a plain `Error`: the last fence, as in {@linkcode sessionLayout}.
 */
export function checkpointPath(directory: string, id: string): string {
  if (!isCheckpointId(id)) {
    throw new Error(`No checkpoint id: ${JSON.stringify(id)}`);
  }
  return joinPath(directory, `${id}${CHECKPOINT_SUFFIX}`);
}
