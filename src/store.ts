/**
 * A store of your own: what orc keeps of sessions, in whatever keeps texts under keys and compares before it
 * replaces one. Write {@linkcode Documents}, hold them to {@linkcode storeContract}, and name the module in your
 * setting `store`, or hand them to `openRepository`. `docs/backends.md` leads through one.
 *
 * @module
 */
export type { Documents, StoredDocument } from "./documents/documents.ts";
export type { OpenDocuments, StoreRequest } from "./documents/module.ts";
export { memoryDocuments } from "./documents/memory.ts";
export {
  type ContractCase,
  storeContract,
  type StoreFixture,
} from "./contract/contract.ts";
export {
  documentFixture,
  type DocumentsCase,
  documentsContract,
} from "./contract/documents.ts";
export type {
  Checkpoints,
  EventBatch,
  EventsOptions,
  KeptBeside,
  KeptCheckpoint,
  KeptFeedback,
  KeptOutput,
  LogLine,
  MayRemove,
  NewSession,
  Outputs,
  Session as SessionRecord,
  SessionChange,
  SessionEntry,
  SessionNaming,
  SessionStore as StorageBackend,
  StoreCapabilities,
  StoreListOptions,
  Updated,
} from "./session/store.ts";
