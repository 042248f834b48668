import type {
  ConfigChange,
  ConfigChanged,
  ConfigOptions,
  ListedSetting,
  Shown,
  ShownConfigFile,
  ShownStatement,
  ShownValue,
} from "../config/use.ts";
import type { SecretsDiagnosis } from "../secrets/doctor.ts";
import type {
  GetSecretOptions,
  GotSecret,
  RemoveSecretOptions,
  SecretKept,
  SecretList,
  SecretOrigin,
  SecretRemoved,
  SecretsReady,
  SetSecretOptions,
  TestedSecret,
} from "../secrets/use.ts";
import { callIn, type CallOptions, type Given, type Site } from "./call.ts";

/** The settings of a repository and of its user. */
export class Config {
  readonly #site: Site;

  /** Made by a {@linkcode Repository}. */
  constructor(site: Site) {
    this.#site = site;
  }

  /** The value that counts: {@linkcode getSetting}. */
  async get(
    name: string,
    options: Given<ConfigOptions> = {},
  ): Promise<Shown & ShownValue> {
    const { getSetting } = await import("../config/use.ts");
    const call = callIn(this.#site, { ...options, name });
    return await getSetting(this.#site.host, call);
  }

  /** All settings: {@linkcode listSettings}. */
  async list(
    options: Given<ConfigOptions> = {},
  ): Promise<Shown & { readonly settings: readonly ListedSetting[] }> {
    const { listSettings } = await import("../config/use.ts");
    return await listSettings(
      this.#site.host,
      callIn(this.#site, options),
    );
  }

  /** What each place says: {@linkcode showConfig}. */
  async show(
    options: Given<ConfigOptions> = {},
  ): Promise<Shown & { readonly statements: readonly ShownStatement[] }> {
    const { showConfig } = await import("../config/use.ts");
    return await showConfig(
      this.#site.host,
      callIn(this.#site, options),
    );
  }

  /** Sets one, given as it would be typed: {@linkcode setSetting}. */
  async set(
    name: string,
    value: string,
    options: Given<ConfigChange, "name" | "value"> = {},
  ): Promise<ConfigChanged> {
    const { setSetting } = await import("../config/use.ts");
    const call = callIn(this.#site, { ...options, name, value });
    return await setSetting(this.#site.host, call);
  }

  /** Takes one out of its file: {@linkcode unsetSetting}. */
  async unset(
    name: string,
    options: Given<ConfigChange, "name" | "value"> = {},
  ): Promise<ConfigChanged> {
    const { unsetSetting } = await import("../config/use.ts");
    const call = callIn(this.#site, { ...options, name });
    return await unsetSetting(this.#site.host, call);
  }

  /** The files they are read from: {@linkcode listConfigFiles}. */
  async files(options: CallOptions = {}): Promise<readonly ShownConfigFile[]> {
    const { listConfigFiles } = await import("../config/use.ts");
    const call = callIn(this.#site, options);
    return listConfigFiles(this.#site.host, call).files;
  }
}

/** The secrets of a repository and of its user. */
export class Secrets {
  readonly #site: Site;

  /** Made by a {@linkcode Repository}. */
  constructor(site: Site) {
    this.#site = site;
  }

  /** Makes the identity that they are encrypted to: {@linkcode initSecrets}. */
  async init(options: CallOptions = {}): Promise<SecretsReady> {
    const { initSecrets } = await import("../secrets/use.ts");
    return await initSecrets(this.#site.host, callIn(this.#site, options));
  }

  /** One with its value: {@linkcode getSecret}. */
  async get(
    name: string,
    options: Given<GetSecretOptions, "name"> = {},
  ): Promise<GotSecret> {
    const { getSecret } = await import("../secrets/use.ts");
    const call = callIn(this.#site, { ...options, name });
    return await getSecret(this.#site.host, call);
  }

  /** Keeps one, encrypted: {@linkcode setSecret}. */
  async set(
    name: string,
    options: Given<SetSecretOptions, "name"> = {},
  ): Promise<SecretKept> {
    const { setSecret } = await import("../secrets/use.ts");
    const call = callIn(this.#site, { ...options, name });
    return await setSecret(this.#site.host, call);
  }

  /** All by name: {@linkcode listSecrets}. */
  async list(options: CallOptions = {}): Promise<SecretList> {
    const { listSecrets } = await import("../secrets/use.ts");
    return await listSecrets(this.#site.host, callIn(this.#site, options));
  }

  /** Removes one: {@linkcode removeStoredSecret}. */
  async remove(
    name: string,
    options: Given<RemoveSecretOptions, "name"> = {},
  ): Promise<SecretRemoved> {
    const { removeStoredSecret } = await import("../secrets/use.ts");
    const call = callIn(this.#site, { ...options, name });
    return removeStoredSecret(this.#site.host, call);
  }

  /** All places that have one: {@linkcode sourceOfSecret}. */
  async source(name: string, options: CallOptions = {}): Promise<SecretOrigin> {
    const { sourceOfSecret } = await import("../secrets/use.ts");
    const call = callIn(this.#site, { ...options, name });
    return await sourceOfSecret(this.#site.host, call);
  }

  /** Proves that one can be had: {@linkcode testSecret}. */
  async test(name: string, options: CallOptions = {}): Promise<TestedSecret> {
    const { testSecret } = await import("../secrets/use.ts");
    const call = callIn(this.#site, { ...options, name });
    return await testSecret(this.#site.host, call);
  }

  /** What is wrong with them: {@linkcode diagnoseSecrets}. */
  async doctor(options: CallOptions = {}): Promise<SecretsDiagnosis> {
    const { diagnoseSecrets } = await import("../secrets/doctor.ts");
    return await diagnoseSecrets(
      this.#site.host,
      callIn(this.#site, options),
    );
  }
}
