import { Repository } from "../../src/library/repository.ts";
import { Session } from "../../src/library/session.ts";
import { Config, Secrets } from "../../src/library/settings.ts";

/** All methods of the handles, such as `session.status`. */
export function methods(): string[] {
  const handles = {
    repository: Repository,
    session: Session,
    config: Config,
    secrets: Secrets,
  };
  return Object.entries(handles).flatMap(([name, { prototype }]) =>
    Object.entries(Object.getOwnPropertyDescriptors(prototype))
      .filter(([key, { value }]) => key !== "constructor" && value)
      .map(([key]) => `${name}.${key}`)
  );
}
