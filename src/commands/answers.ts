// deno-lint-ignore-file orc/paths-in-layout -- what is quoted are sentences
// Made by "deno task docs:answers" from the types of the results.

import type { JsonSchema } from "../workflow/json_schema.ts";

/** Types that several results share. */
export const ANSWER_DEFINITIONS: Readonly<Record<string, JsonSchema>> = {
  "Blocker": {
    "additionalProperties": false,
    "description":
      "A reason why a phase cannot be left or a session cannot be finished.",
    "properties": {
      "code": {
        "description":
          "Stable name of the condition: a required item is neither completed nor skipped, a phase awaits a human, or a required review was not made.",
        "enum": ["item_open", "approval_missing", "review_missing"],
        "type": "string",
      },
      "itemId": {
        "description":
          "The item it is about; null when it is about the phase, or when no item carries the name of the review.",
        "type": ["string", "null"],
      },
      "message": {
        "description": 'For people, such as `Item "plan" is pending`.',
        "type": "string",
      },
      "phaseId": {
        "description": "The phase in which something has to be done about it.",
        "type": "string",
      },
    },
    "required": ["code", "phaseId", "itemId", "message"],
    "type": "object",
  },
  "CheckpointLine": {
    "additionalProperties": false,
    "description": "A checkpoint in one line.",
    "properties": {
      "at": {
        "description":
          "When it was made, as its writer spells it; empty when its file does not say.",
        "type": "string",
      },
      "decisions": {
        "description": "What was decided.",
        "items": { "type": "string" },
        "type": "array",
      },
      "files": {
        "description": "Files that were being worked on.",
        "items": { "type": "string" },
        "type": "array",
      },
      "id": {
        "description":
          "What `orc resume` takes; begins with the instant it was made at.",
        "type": "string",
      },
      "itemId": {
        "description": "The item that was being worked on; null when none was.",
        "type": ["string", "null"],
      },
      "legacy": {
        "description":
          "Whether it lies in the older tool's directory, which orc only reads.",
        "type": "boolean",
      },
      "message": {
        "description":
          "What it is for, in the words of whoever made it; null without any.",
        "type": ["string", "null"],
      },
      "path": { "description": "The file that holds it.", "type": "string" },
      "phaseId": {
        "description": "Id of the phase the session was in.",
        "type": "string",
      },
      "session": {
        "description": "Id of the session it belongs to.",
        "type": "string",
      },
      "sizeBytes": { "description": "Size of that file.", "type": "number" },
      "summary": {
        "description":
          "Task, phase and progress in one line; null in old files.",
        "type": ["string", "null"],
      },
      "workflowId": {
        "description":
          "`wf_` and eight hex digits, part of every line of that session's log.",
        "type": "string",
      },
    },
    "required": [
      "id",
      "session",
      "workflowId",
      "phaseId",
      "itemId",
      "at",
      "message",
      "summary",
      "decisions",
      "files",
      "path",
      "sizeBytes",
      "legacy",
    ],
    "type": "object",
  },
  "Effect": {
    "description":
      "What using a command or a flag does: it only `reads`, it `writes`, or it writes and only a `human` may.",
    "enum": ["reads", "writes", "human"],
    "type": "string",
  },
  "Finding": {
    "additionalProperties": false,
    "description": "One result of doctor.",
    "properties": {
      "code": { "description": "Stable name, for programs.", "type": "string" },
      "fixable": {
        "description":
          "Whether `orc doctor --fix` puts it right, which loses nothing.",
        "type": "boolean",
      },
      "message": {
        "description": "What it means: a sentence that names the path.",
        "type": "string",
      },
      "path": {
        "description": "The file or directory it is about, absolute.",
        "type": "string",
      },
      "remedy": {
        "description": "What to do about it: a command that exists, or an act.",
        "type": "string",
      },
      "session": {
        "description":
          "Id of the session it is about; null when it is about the repository.",
        "type": ["string", "null"],
      },
      "severity": {
        "description": "How much it matters.",
        "enum": ["error", "warning", "info"],
        "type": "string",
      },
    },
    "required": [
      "severity",
      "code",
      "path",
      "session",
      "message",
      "remedy",
      "fixable",
    ],
    "type": "object",
  },
  "FlagSpec": {
    "additionalProperties": false,
    "description": "A flag of a command; without `value` it is a switch.",
    "properties": {
      "aliases": { "items": { "type": "string" }, "type": "array" },
      "effect": {
        "$ref": "#/definitions/Effect",
        "description":
          "What the command does with this flag, where that is more than without.",
      },
      "name": { "type": "string" },
      "repeatable": {
        "description": "May be given more than once.",
        "type": "boolean",
      },
      "short": { "type": "string" },
      "summary": { "type": "string" },
      "value": {
        "description": "Placeholder of the value in help, such as `TEXT`.",
        "type": "string",
      },
      "values": {
        "$ref": "#/definitions/ValueKind",
        "description": "What the value names.",
      },
    },
    "required": ["name", "summary"],
    "type": "object",
  },
  "ItemSummary": {
    "additionalProperties": false,
    "description":
      "An item of the current phase, as `status` and `next` show it.",
    "properties": {
      "approval": {
        "description":
          "What gets an open manual gate out of the way: a `human`, `nobody` (`complete` skips it), or a `clock` that gives a human time to answer and that the first `complete` or `start-item` starts. Null for everything else.",
        "enum": ["human", "nobody", "clock", null],
        "type": ["string", "null"],
      },
      "check": {
        "description":
          "What is checked, in the workflow's words; else its path or command as written. Null where nothing is checked or described.",
        "type": ["string", "null"],
      },
      "description": {
        "description":
          "What to do, in the words of the workflow; null where the name says it all.",
        "type": ["string", "null"],
      },
      "evidence": {
        "anyOf": [{
          "additionalProperties": false,
          "description": "The evidence an item asks for.",
          "properties": {
            "given": {
              "description":
                "Whether some was handed in before, as with a try that failed.",
              "type": "boolean",
            },
            "prompt": {
              "description":
                "What to collect, in the words of the workflow; null without any.",
              "type": ["string", "null"],
            },
            "schema": {
              "description":
                "Name of the schema it has to follow; null where any will do, also none.",
              "type": ["string", "null"],
            },
          },
          "required": ["schema", "prompt", "given"],
          "type": "object",
        }, { "type": "null" }],
        "description":
          "What evidence it asks for; null for none, and for manual gates.",
      },
      "failure": {
        "description":
          "Why the last try failed, in a few words; null when none did, or when it is completed.",
        "type": ["string", "null"],
      },
      "id": { "description": "What commands take.", "type": "string" },
      "name": {
        "description": "Shown to people; ids are what commands take.",
        "type": "string",
      },
      "notes": {
        "description":
          "Advice from the workflow; may begin with a tag such as `[tip]`.",
        "items": { "type": "string" },
        "type": "array",
      },
      "passesAt": {
        "description":
          "From when on `complete` skips a manual gate whose clock runs, an instant in UTC; null while none runs.",
        "type": ["string", "null"],
      },
      "required": {
        "description":
          "Whether it keeps the session in its phase until it is completed or skipped.",
        "type": "boolean",
      },
      "skipConditions": {
        "description":
          "When skipping is fine, in the words of the workflow; empty where it names nothing, or where the item cannot be skipped without force.",
        "items": { "type": "string" },
        "type": "array",
      },
      "skipReason": {
        "description":
          "Why it was skipped, as given; null while it is not skipped.",
        "type": ["string", "null"],
      },
      "startedAt": {
        "description":
          "When somebody first said they work on it, an instant in UTC; null when nobody did.",
        "type": ["string", "null"],
      },
      "status": {
        "description": "`pending` for an item that the state does not know.",
        "enum": [
          "pending",
          "in_progress",
          "completed",
          "skipped",
          "blocked",
          "failed",
        ],
        "type": "string",
      },
      "stepType": {
        "description": "How strictly it is enforced.",
        "enum": ["gate", "required", "documented", "flexible"],
        "type": "string",
      },
      "tries": {
        "description": "How many of its checks failed so far.",
        "type": "number",
      },
      "verification": {
        "description":
          "What is needed to complete it: nothing, a human, a file or a program.",
        "enum": ["none", "manual_gate", "file_exists", "command"],
        "type": "string",
      },
    },
    "required": [
      "id",
      "name",
      "status",
      "required",
      "stepType",
      "verification",
      "description",
      "check",
      "notes",
      "skipConditions",
      "approval",
      "passesAt",
      "evidence",
      "startedAt",
      "tries",
      "skipReason",
      "failure",
    ],
    "type": "object",
  },
  "JsonObject": {
    "additionalProperties": { "$ref": "#/definitions/JsonValue" },
    "description":
      "An object whose keys keep their order, `__proto__` and `10` included. Make one with `new Map(Object.entries(fields))`.",
    "type": "object",
  },
  "JsonSchema": {
    "additionalProperties": { "description": "All other keywords." },
    "description": "A JSON Schema, or a part of one.",
    "properties": {
      "description": {
        "description": "What the author has to know, shown by editors.",
        "type": "string",
      },
      "items": {
        "$ref": "#/definitions/JsonSchema",
        "description": "What each entry of a list has to be.",
      },
      "properties": {
        "additionalProperties": { "$ref": "#/definitions/JsonSchema" },
        "description": "By key, what a mapping may hold.",
        "type": "object",
      },
      "required": {
        "description": "Keys a mapping must hold.",
        "items": { "type": "string" },
        "type": "array",
      },
    },
    "type": "object",
  },
  "JsonValue": {
    "anyOf": [
      { "type": "null" },
      { "type": "boolean" },
      { "type": "number" },
      { "type": "string" },
      { "items": { "$ref": "#/definitions/JsonValue" }, "type": "array" },
      { "$ref": "#/definitions/JsonObject" },
    ],
    "description":
      "A JSON value, read without loss. Numbers that a double carries are numbers; the others are `JsonNumber`.",
  },
  "KeptState": {
    "additionalProperties": false,
    "description":
      "State that stays although somebody may have expected otherwise, and why.",
    "properties": {
      "path": { "type": "string" },
      "problem": { "type": "string" },
    },
    "required": ["path", "problem"],
    "type": "object",
  },
  "Leftover": {
    "additionalProperties": false,
    "description": "What a removal left behind that was cut short.",
    "properties": {
      "path": { "type": "string" },
      "sizeBytes": { "type": "number" },
    },
    "required": ["path", "sizeBytes"],
    "type": "object",
  },
  "ListedCommand": {
    "additionalProperties": false,
    "description": "A command in a list of commands.",
    "properties": {
      "aliases": { "items": { "type": "string" }, "type": "array" },
      "name": { "type": "string" },
      "summary": { "type": "string" },
    },
    "required": ["name", "aliases", "summary"],
    "type": "object",
  },
  "MigrationResult": {
    "additionalProperties": false,
    "description":
      "What is left of a result when everything else was said elsewhere.",
    "properties": {
      "action": {
        "description": "`planned` by a dry run that would do something.",
        "enum": ["planned", "migrated", "rolled_back", "nothing"],
        "type": "string",
      },
      "backup": {
        "description": "Where the legacy files are now.",
        "type": ["string", "null"],
      },
      "conflicts": {
        "description":
          "What stands in both places and differs; only a dry run gets that far.",
        "items": {
          "additionalProperties": false,
          "description": "Something that stands in both places and differs.",
          "properties": {
            "differences": {
              "description": "What differs, one sentence each.",
              "items": { "type": "string" },
              "type": "array",
            },
            "newPath": {
              "description": "Seen from the root.",
              "type": "string",
            },
            "oldPath": {
              "description": "Seen from the root.",
              "type": "string",
            },
          },
          "required": ["oldPath", "newPath", "differences"],
          "type": "object",
        },
        "type": "array",
      },
      "dryRun": {
        "description": "Whether only said what would be done.",
        "type": "boolean",
      },
      "finished": {
        "description":
          "Whether a migration was brought to its end that somebody else had begun.",
        "type": "boolean",
      },
      "freeBytes": {
        "description": "Null where the system does not say.",
        "type": ["number", "null"],
      },
      "importedFrom": {
        "description":
          "Where the files were copied from; null when they were moved.",
        "type": ["string", "null"],
      },
      "kept": {
        "description":
          "What had changed since the migration, and is kept aside.",
        "items": {
          "additionalProperties": false,
          "description": "Something new that has changed since the migration.",
          "properties": {
            "files": {
              "description": "Its files that changed, were added, or are gone.",
              "items": { "type": "string" },
              "type": "array",
            },
            "path": {
              "description": "Seen from `.orchestrator/`.",
              "type": "string",
            },
            "updates": {
              "description":
                "What orc has recorded in its log since, the last of it.",
              "items": { "type": "string" },
              "type": "array",
            },
          },
          "required": ["path", "files", "updates"],
          "type": "object",
        },
        "type": "array",
      },
      "keptIn": {
        "description": "Where that is; null when nothing had changed.",
        "type": ["string", "null"],
      },
      "left": {
        "description": "Legacy files that stay where they are.",
        "items": {
          "additionalProperties": false,
          "description": "What is left where it lies, and why.",
          "properties": {
            "path": { "description": "Seen from the root.", "type": "string" },
            "reason": {
              "description": "The second half of a sentence.",
              "type": "string",
            },
          },
          "required": ["path", "reason"],
          "type": "object",
        },
        "type": "array",
      },
      "moves": {
        "description": "What goes where.",
        "items": {
          "additionalProperties": false,
          "description": "One line of what moves where, for people.",
          "properties": {
            "count": { "description": "How many of what.", "type": "number" },
            "from": { "description": "Seen from the root.", "type": "string" },
            "sizeBytes": {
              "description": "Of all of them together.",
              "type": "number",
            },
            "to": {
              "description": "Seen from `.orchestrator/`.",
              "type": "string",
            },
            "what": {
              "description": "Lines where a file is divided.",
              "enum": ["files", "lines"],
              "type": "string",
            },
          },
          "required": ["from", "to", "count", "what", "sizeBytes"],
          "type": "object",
        },
        "type": "array",
      },
      "neededBytes": {
        "description": "Room on the disk that it takes.",
        "type": "number",
      },
      "restored": {
        "description": "Legacy files that came back.",
        "items": { "type": "string" },
        "type": "array",
      },
      "sessions": {
        "description": "Sessions that were made, or added to.",
        "items": {
          "additionalProperties": false,
          "description": "A session that a migration makes, or adds to.",
          "properties": {
            "from": {
              "description":
                "What it is made of; `present` when it is there already.",
              "enum": ["state", "log", "checkpoint", "present"],
              "type": "string",
            },
            "id": { "description": "Id of the session.", "type": "string" },
            "status": {
              "$ref": "#/definitions/SessionStatus",
              "description": "How far it is.",
            },
            "task": { "description": "What was to be done.", "type": "string" },
            "workflowId": {
              "description": "Id of the workflow in the legacy files.",
              "type": "string",
            },
          },
          "required": ["id", "workflowId", "task", "status", "from"],
          "type": "object",
        },
        "type": "array",
      },
    },
    "required": [
      "action",
      "dryRun",
      "finished",
      "sessions",
      "moves",
      "left",
      "importedFrom",
      "conflicts",
      "neededBytes",
      "freeBytes",
      "backup",
      "restored",
      "kept",
      "keptIn",
    ],
    "type": "object",
  },
  "NextStep": {
    "additionalProperties": false,
    "description": "What to do next: one command, and the item it is about.",
    "properties": {
      "command": {
        "description":
          "A command line for a POSIX shell; what stands in it as `<…>` is to be filled in.",
        "type": "string",
      },
      "human": {
        "description": "Whether only a human can do it.",
        "type": "boolean",
      },
      "item": {
        "anyOf": [{ "$ref": "#/definitions/ItemSummary" }, { "type": "null" }],
        "description":
          "The item of the current phase it is about; null for a step of the session.",
      },
    },
    "required": ["command", "item", "human"],
    "type": "object",
  },
  "Origin": {
    "anyOf": [{
      "additionalProperties": false,
      "properties": { "type": { "const": "default", "type": "string" } },
      "required": ["type"],
      "type": "object",
    }, {
      "additionalProperties": false,
      "properties": {
        "column": {
          "description": "From 1, in UTF-16 units.",
          "type": "number",
        },
        "line": { "description": "From 1.", "type": "number" },
        "path": { "type": "string" },
        "type": {
          "description": "Whose a configuration file is.",
          "enum": ["user", "repository"],
          "type": "string",
        },
      },
      "required": ["type", "path", "line", "column"],
      "type": "object",
    }, {
      "additionalProperties": false,
      "properties": {
        "type": { "const": "environment", "type": "string" },
        "variable": { "type": "string" },
      },
      "required": ["type", "variable"],
      "type": "object",
    }, {
      "additionalProperties": false,
      "properties": {
        "flag": { "type": "string" },
        "type": { "const": "flag", "type": "string" },
      },
      "required": ["type", "flag"],
      "type": "object",
    }],
    "description": "Where a value comes from.",
  },
  "PhaseSummary": {
    "additionalProperties": false,
    "description": "A phase in one line.",
    "properties": {
      "completed": {
        "description":
          "Items that are completed or approved; skipped ones do not count.",
        "type": "number",
      },
      "id": {
        "description": "What commands take, such as `PLAN`.",
        "type": "string",
      },
      "name": {
        "description": "Shown to people; ids are what commands take.",
        "type": "string",
      },
      "skipped": {
        "description": "Items that were left out for a reason.",
        "type": "number",
      },
      "status": {
        "description": "`pending` for a phase that the state does not know.",
        "enum": ["pending", "active", "completed", "blocked"],
        "type": "string",
      },
      "total": {
        "description": "All items, optional ones too.",
        "type": "number",
      },
    },
    "required": ["completed", "id", "name", "skipped", "status", "total"],
    "type": "object",
  },
  "Problem": {
    "additionalProperties": false,
    "description": "One thing that is wrong or doubtful in a workflow file.",
    "properties": {
      "code": {
        "description":
          "Stable name of the condition, for programs, such as `duplicate_id`.",
        "type": "string",
      },
      "column": {
        "description":
          "From 1, in UTF-16 units; missing when the position is not known.",
        "type": "number",
      },
      "line": {
        "description": "From 1; missing when the position is not known.",
        "type": "number",
      },
      "message": {
        "description":
          "For people: one line without a period that says how to write it right.",
        "type": "string",
      },
      "path": {
        "description":
          "Such as `phases[0].items[2].id`; empty for the file as a whole.",
        "type": "string",
      },
      "severity": {
        "description":
          "With `error` the file is refused; among the warnings of a usable workflow it is what `validate` fails on. A `warning` keeps nothing from working.",
        "enum": ["error", "warning"],
        "type": "string",
      },
    },
    "required": ["code", "severity", "path", "message"],
    "type": "object",
  },
  "Progress": {
    "additionalProperties": false,
    "description": "How many items of a phase or a session are done.",
    "properties": {
      "completed": {
        "description":
          "Items that are completed or approved; skipped ones do not count.",
        "type": "number",
      },
      "skipped": {
        "description": "Items that were left out for a reason.",
        "type": "number",
      },
      "total": {
        "description": "All items, optional ones too.",
        "type": "number",
      },
    },
    "required": ["completed", "skipped", "total"],
    "type": "object",
  },
  "RemovableSession": {
    "additionalProperties": false,
    "description": "A closed session, old enough to be removed.",
    "properties": {
      "days": {
        "description": "Whole days since it last changed.",
        "type": "number",
      },
      "directory": {
        "description": "The root of its repository.",
        "type": "string",
      },
      "path": { "description": "What is removed.", "type": "string" },
      "session": { "type": "string" },
      "sizeBytes": { "type": "number" },
      "status": {
        "description": "How a session has ended.",
        "enum": ["completed", "abandoned"],
        "type": "string",
      },
      "task": { "type": "string" },
    },
    "required": [
      "session",
      "directory",
      "path",
      "task",
      "status",
      "days",
      "sizeBytes",
    ],
    "type": "object",
  },
  "Repeated": {
    "additionalProperties": false,
    "description":
      "What happened in several sessions, the most frequent first.",
    "properties": {
      "sessions": { "type": "number" },
      "text": { "type": "string" },
    },
    "required": ["text", "sessions"],
    "type": "object",
  },
  "SecretLevel": {
    "description":
      "Whom a stored secret is for: all who share the `repository`, its user alone (`private`), or all repositories of the user (`global`).",
    "enum": ["repository", "private", "global"],
    "type": "string",
  },
  "SecretLocation": {
    "additionalProperties": false,
    "description": "Where a secret lies, whether it can be opened or not.",
    "properties": {
      "place": {
        "description": "Path of a file, name of a variable, or null.",
        "type": ["string", "null"],
      },
      "source": {
        "$ref": "#/definitions/SecretSource",
        "description": "What kind of place it is.",
      },
    },
    "required": ["source", "place"],
    "type": "object",
  },
  "SecretSource": {
    "anyOf": [
      { "$ref": "#/definitions/SecretLevel" },
      { "const": "environment", "type": "string" },
      { "const": "legacy", "type": "string" },
      { "const": "git", "type": "string" },
      { "const": "prompt", "type": "string" },
    ],
    "description":
      "Where a secret comes from: a stored file (`SecretLevel`), a variable of the `environment`, the Python tool's file (`legacy`), the credential helper of `git`, or what was typed (`prompt`).",
  },
  "SessionSource": {
    "description":
      "How it was decided which session is meant; the first that fits counts.\n\n- `flag`: the caller named it\n- `environment`: `ORCHESTRATOR_SESSION` names it\n- `agent`: the calling agent is bound to it\n- `worktree`: the linked worktree the caller is in is bound to it\n- `current`: everybody without a session of their own is in it\n- `only`: it is the only active one\n- `legacy`: none is active, and it lies in the older tool's file",
    "enum": [
      "flag",
      "environment",
      "agent",
      "worktree",
      "current",
      "only",
      "legacy",
    ],
    "type": "string",
  },
  "SessionStatus": {
    "description":
      "How far a session is. `completed` and `abandoned` are final. orc never sets `paused`; a session that has it can go on like an active one.",
    "enum": ["active", "completed", "abandoned", "paused"],
    "type": "string",
  },
  "SettingValue": {
    "anyOf": [
      { "type": "string" },
      { "type": "number" },
      { "type": "boolean" },
      { "items": { "type": "string" }, "type": "array" },
    ],
    "description": "A value of a setting.",
  },
  "ShownValue": {
    "additionalProperties": false,
    "description": "A value and where it comes from.",
    "properties": {
      "name": { "type": "string" },
      "origin": { "$ref": "#/definitions/Origin" },
      "value": {
        "anyOf": [{ "$ref": "#/definitions/SettingValue" }, { "type": "null" }],
        "description": "Null when nothing is set.",
      },
    },
    "required": ["name", "value", "origin"],
    "type": "object",
  },
  "Statement": {
    "additionalProperties": false,
    "description": "Something that was said, and in which session.",
    "properties": {
      "task": { "type": ["string", "null"] },
      "text": { "type": "string" },
    },
    "required": ["task", "text"],
    "type": "object",
  },
  "Summary": {
    "additionalProperties": false,
    "description":
      "All that people and agents want to know of a session at a glance.",
    "properties": {
      "active": {
        "description":
          "Whether anything can still change: neither finished nor abandoned.",
        "type": "boolean",
      },
      "blockers": {
        "description":
          "What keeps the session from going on; in the last phase, from being finished. Empty after the end.",
        "items": { "$ref": "#/definitions/Blocker" },
        "type": "array",
      },
      "constraints": {
        "description": "What must hold throughout, as given at start.",
        "items": { "type": "string" },
        "type": "array",
      },
      "items": {
        "description":
          "Items of the current phase in the order of the workflow; empty if the workflow does not define that phase.",
        "items": { "$ref": "#/definitions/ItemSummary" },
        "type": "array",
      },
      "next": {
        "anyOf": [{ "$ref": "#/definitions/NextStep" }, { "type": "null" }],
        "description":
          "What to do now; null after the end, or if the workflow does not define the current phase.",
      },
      "notes": {
        "description":
          "What somebody said was worth remembering, oldest first.",
        "items": { "type": "string" },
        "type": "array",
      },
      "phase": {
        "description":
          "Id of the current phase; after the end, of the one it ended in.",
        "type": "string",
      },
      "phaseNotes": {
        "description":
          "Advice for the current phase; may begin with a tag such as `[tip]`.",
        "items": { "type": "string" },
        "type": "array",
      },
      "phases": {
        "description": "All phases in the order of the workflow.",
        "items": { "$ref": "#/definitions/PhaseSummary" },
        "type": "array",
      },
      "progress": {
        "$ref": "#/definitions/Progress",
        "description": "Sums over all phases.",
      },
      "project": {
        "description":
          "Name of the project the task belongs to; null without one.",
        "type": ["string", "null"],
      },
      "status": {
        "$ref": "#/definitions/SessionStatus",
        "description": "How far the session is.",
      },
      "task": {
        "description": "What is to be done, as given at start.",
        "type": "string",
      },
      "workflow": { "description": "Name of the workflow.", "type": "string" },
      "workflowId": {
        "description":
          "`wf_` and eight hex digits, part of every line of the log. Not the id of the session.",
        "type": "string",
      },
    },
    "required": [
      "active",
      "status",
      "task",
      "project",
      "workflowId",
      "workflow",
      "phase",
      "phases",
      "progress",
      "items",
      "phaseNotes",
      "constraints",
      "notes",
      "blockers",
      "next",
    ],
    "type": "object",
  },
  "ValueKind": {
    "anyOf": [
      { "items": { "type": "string" }, "type": "array" },
      {
        "description":
          "What of a repository a word on a command line can name.",
        "enum": ["item", "open-item", "phase", "session", "checkpoint"],
        "type": "string",
      },
      { "const": "command", "type": "string" },
      { "const": "file", "type": "string" },
      { "const": "directory", "type": "string" },
    ],
    "description":
      "What a value names, so that shells can complete it: one of these words, or something that is looked up while the user types.\n\n`item` is any item of the workflow, `open-item` one of the current phase that is neither completed nor skipped.",
  },
};

/** What each command gives as its result, by the command's name. */
export const ANSWER_RESULTS: Readonly<Record<string, JsonSchema>> = {
  "advance": {
    "additionalProperties": false,
    "properties": {
      "changed": {
        "description":
          "False when there was nothing to do: then nothing was written.",
        "type": "boolean",
      },
      "events": {
        "description":
          "What the log now holds of it, in order; empty when nothing changed. Ids are ULIDs in lower case, types those of `EventType`.",
        "items": {
          "additionalProperties": false,
          "properties": {
            "id": { "type": "string" },
            "type": { "type": "string" },
          },
          "required": ["type", "id"],
          "type": "object",
        },
        "type": "array",
      },
      "from": {
        "description":
          "Id of the phase the session was in when the call began.",
        "type": "string",
      },
      "serial": {
        "description":
          "Number of the session's last update; 0 when only the Python tool wrote it.",
        "type": "number",
      },
      "summary": {
        "$ref": "#/definitions/Summary",
        "description": "Where the session stands now.",
      },
      "to": {
        "description":
          "Id of the phase after it; null when there is none, as the last phase is left by finishing.",
        "type": ["string", "null"],
      },
    },
    "required": ["from", "to", "changed", "events", "serial", "summary"],
    "type": "object",
  },
  "analyze": {
    "anyOf": [{
      "additionalProperties": false,
      "description": "What programs get, with the keys of the Python tool.",
      "properties": {
        "abandoned": { "type": "number" },
        "active": { "type": "number" },
        "all": {
          "description": "Whether people see every row.",
          "type": "boolean",
        },
        "completed": { "type": "number" },
        "completion_rate": { "type": "string" },
        "phase_durations": {
          "additionalProperties": {
            "additionalProperties": false,
            "properties": {
              "avg_minutes": { "type": "string" },
              "count": { "type": "number" },
            },
            "required": ["avg_minutes", "count"],
            "type": "object",
          },
          "type": "object",
        },
        "skipped_items": {
          "additionalProperties": {
            "additionalProperties": false,
            "description": "How often an item was skipped, and why.",
            "properties": {
              "count": {
                "description": "How often, over all sessions.",
                "type": "number",
              },
              "reasons": {
                "description":
                  "The first few different reasons, each cut to 200 characters.",
                "items": { "type": "string" },
                "type": "array",
              },
            },
            "required": ["count", "reasons"],
            "type": "object",
          },
          "description": "By item, most skipped first.",
          "type": "object",
        },
        "total_events": { "type": "number" },
        "total_workflows": { "type": "number" },
        "verification_failures": {
          "additionalProperties": { "type": "number" },
          "description": "Failed checks by item, most failures first.",
          "type": "object",
        },
      },
      "required": [
        "total_workflows",
        "completed",
        "abandoned",
        "active",
        "completion_rate",
        "skipped_items",
        "verification_failures",
        "phase_durations",
        "total_events",
        "all",
      ],
      "type": "object",
    }, {
      "additionalProperties": false,
      "properties": {
        "message": { "type": "string" },
        "status": { "const": "no_data", "type": "string" },
      },
      "required": ["status", "message"],
      "type": "object",
    }],
  },
  "approve": {
    "description":
      "What programs get after a change: what happened, and where the session stands.",
    "properties": {
      "changed": {
        "description":
          "False when there was nothing to do: then nothing was written.",
        "type": "boolean",
      },
      "events": {
        "description":
          "What the log now holds of it, in order; empty when nothing changed. Ids are ULIDs in lower case, types those of `EventType`.",
        "items": {
          "additionalProperties": false,
          "properties": {
            "id": { "type": "string" },
            "type": { "type": "string" },
          },
          "required": ["type", "id"],
          "type": "object",
        },
        "type": "array",
      },
      "serial": {
        "description":
          "Number of the session's last update; 0 when only the Python tool wrote it.",
        "type": "number",
      },
      "summary": {
        "$ref": "#/definitions/Summary",
        "description": "Where the session stands now.",
      },
    },
    "required": ["changed", "events", "serial", "summary"],
    "type": "object",
  },
  "approve-item": {
    "additionalProperties": false,
    "description":
      "What programs get after a change: what happened, and where the session stands.",
    "properties": {
      "changed": {
        "description":
          "False when there was nothing to do: then nothing was written.",
        "type": "boolean",
      },
      "events": {
        "description":
          "What the log now holds of it, in order; empty when nothing changed. Ids are ULIDs in lower case, types those of `EventType`.",
        "items": {
          "additionalProperties": false,
          "properties": {
            "id": { "type": "string" },
            "type": { "type": "string" },
          },
          "required": ["type", "id"],
          "type": "object",
        },
        "type": "array",
      },
      "item": { "type": "string" },
      "serial": {
        "description":
          "Number of the session's last update; 0 when only the Python tool wrote it.",
        "type": "number",
      },
      "summary": {
        "$ref": "#/definitions/Summary",
        "description": "Where the session stands now.",
      },
    },
    "required": ["changed", "events", "item", "serial", "summary"],
    "type": "object",
  },
  "checkpoint": {
    "additionalProperties": false,
    "properties": {
      "decisions": {
        "description": "What was decided.",
        "items": { "type": "string" },
        "type": "array",
      },
      "files": {
        "description": "The files given, and those that git sees as changed.",
        "items": { "type": "string" },
        "type": "array",
      },
      "id": { "description": "What `orc resume` takes.", "type": "string" },
      "item": {
        "description":
          "Id of the item that is being worked on; null when none is.",
        "type": ["string", "null"],
      },
      "message": {
        "description": "What it is for; null without any.",
        "type": ["string", "null"],
      },
      "path": { "description": "The file that holds it.", "type": "string" },
      "phase": {
        "description": "Id of the phase the session is in.",
        "type": "string",
      },
    },
    "required": [
      "id",
      "path",
      "phase",
      "item",
      "message",
      "decisions",
      "files",
    ],
    "type": "object",
  },
  "checkpoints": {
    "anyOf": [{
      "additionalProperties": false,
      "properties": {
        "all": {
          "description": "Whether they are those of all sessions.",
          "type": "boolean",
        },
        "checkpoints": {
          "description": "Newest first.",
          "items": { "$ref": "#/definitions/CheckpointLine" },
          "type": "array",
        },
      },
      "required": ["all", "checkpoints"],
      "type": "object",
    }, {
      "additionalProperties": false,
      "properties": {
        "checkpoints": {
          "description":
            "What was removed, newest first; in a dry run, what would be.",
          "items": { "$ref": "#/definitions/CheckpointLine" },
          "type": "array",
        },
        "dryRun": {
          "description":
            "Whether nothing was removed because only the plan was asked for.",
          "type": "boolean",
        },
        "kept": {
          "description": "How many others the session has.",
          "type": "number",
        },
        "sizeBytes": {
          "description": "Bytes of all of them.",
          "type": "number",
        },
      },
      "required": ["dryRun", "checkpoints", "sizeBytes", "kept"],
      "type": "object",
    }],
  },
  "cleanup": {
    "additionalProperties": false,
    "properties": {
      "directory": {
        "description": "Where the search began, absolute.",
        "type": "string",
      },
      "dryRun": {
        "description":
          "Whether nothing was removed because only the plan was asked for.",
        "type": "boolean",
      },
      "kept": {
        "description":
          "State that stays although it may have been expected to go.",
        "items": { "$ref": "#/definitions/KeptState" },
        "type": "array",
      },
      "leftovers": {
        "description":
          "What earlier removals left behind, removed in the same way.",
        "items": { "$ref": "#/definitions/Leftover" },
        "type": "array",
      },
      "sessions": {
        "description":
          "Sessions that were removed; in a dry run, that would be.",
        "items": { "$ref": "#/definitions/RemovableSession" },
        "type": "array",
      },
      "sizeBytes": { "description": "Bytes of all of them.", "type": "number" },
    },
    "required": [
      "directory",
      "dryRun",
      "sessions",
      "leftovers",
      "sizeBytes",
      "kept",
    ],
    "type": "object",
  },
  "complete": {
    "additionalProperties": false,
    "properties": {
      "changed": {
        "description":
          "False when there was nothing to do: then nothing was written.",
        "type": "boolean",
      },
      "check": {
        "anyOf": [{
          "anyOf": [{
            "additionalProperties": false,
            "properties": {
              "name": {
                "description":
                  "The path as the workflow names it, with settings filled in.",
                "type": "string",
              },
              "passed": {
                "description": "Whether the file is there.",
                "type": "boolean",
              },
              "path": {
                "description":
                  "Where it was looked for, or where it really lies: an absolute path.",
                "type": "string",
              },
              "problem": {
                "description":
                  "Why it does not count, as a sentence; null when it is there.",
                "type": ["string", "null"],
              },
              "type": {
                "const": "file_exists",
                "description": "The check was whether a file is there.",
                "type": "string",
              },
            },
            "required": ["type", "passed", "name", "path", "problem"],
            "type": "object",
          }, {
            "additionalProperties": false,
            "properties": {
              "command": {
                "description": "The command with settings filled in.",
                "type": "string",
              },
              "durationSeconds": {
                "description":
                  "How long it ran, to the millisecond; 0 when it never ran.",
                "type": "number",
              },
              "exitCode": {
                "description":
                  "128 plus the number of a signal that ended it; -1 when it never ran or orc ended it.",
                "type": "number",
              },
              "expectExitCode": {
                "description": "The exit code that passes.",
                "type": "number",
              },
              "notUtf8": {
                "description":
                  "Which of the two held bytes that are no UTF-8; they are shown as U+FFFD.",
                "items": {
                  "description": "A stream of output of a program.",
                  "enum": ["stdout", "stderr"],
                  "type": "string",
                },
                "type": "array",
              },
              "originalCommand": {
                "description": "The command as the workflow spells it.",
                "type": "string",
              },
              "passed": {
                "description":
                  "Whether it ended by itself, with the exit code expected.",
                "type": "boolean",
              },
              "problem": {
                "description":
                  "Why it could not run or did not end by itself; null when it ended by itself.",
                "type": ["string", "null"],
              },
              "shell": {
                "description": "Whether a shell ran it.",
                "type": "boolean",
              },
              "stderr": {
                "description": "Error output, cut in the same way.",
                "type": "string",
              },
              "stdout": {
                "description":
                  "Standard output: its first 4 KiB and last 16 KiB, with a line between them that says how much was left out.",
                "type": "string",
              },
              "type": {
                "const": "command",
                "description": "The check was a program.",
                "type": "string",
              },
              "words": {
                "description":
                  "Program and arguments; empty when a shell ran it or nothing could.",
                "items": { "type": "string" },
                "type": "array",
              },
            },
            "required": [
              "type",
              "passed",
              "command",
              "originalCommand",
              "words",
              "shell",
              "exitCode",
              "expectExitCode",
              "stdout",
              "stderr",
              "notUtf8",
              "durationSeconds",
              "problem",
            ],
            "type": "object",
          }],
          "description": "Result of one check that orc ran itself.",
        }, { "type": "null" }],
        "description":
          "The check orc ran; null when none was needed or the item was completed before.",
      },
      "events": {
        "description":
          "What the log now holds of it, in order; empty when nothing changed. Ids are ULIDs in lower case, types those of `EventType`.",
        "items": {
          "additionalProperties": false,
          "properties": {
            "id": { "type": "string" },
            "type": { "type": "string" },
          },
          "required": ["type", "id"],
          "type": "object",
        },
        "type": "array",
      },
      "item": { "description": "Id of the item.", "type": "string" },
      "serial": {
        "description":
          "Number of the session's last update; 0 when only the Python tool wrote it.",
        "type": "number",
      },
      "summary": {
        "$ref": "#/definitions/Summary",
        "description": "Where the session stands now.",
      },
    },
    "required": ["item", "check", "changed", "events", "serial", "summary"],
    "type": "object",
  },
  "complete-words": {
    "additionalProperties": false,
    "description": "What a shell may offer at the cursor.",
    "properties": {
      "candidates": {
        "items": {
          "additionalProperties": false,
          "description": "A word that could stand on a command line.",
          "properties": {
            "summary": {
              "description": "What it stands for, in one line.",
              "type": "string",
            },
            "word": { "type": "string" },
          },
          "required": ["word", "summary"],
          "type": "object",
        },
        "type": "array",
      },
      "paths": {
        "description":
          "What of the file system fits, too; each shell finds it in its own way.",
        "enum": ["file", "directory", null],
        "type": ["string", "null"],
      },
    },
    "required": ["candidates", "paths"],
    "type": "object",
  },
  "completions": {
    "additionalProperties": false,
    "properties": {
      "script": { "type": "string" },
      "shell": {
        "description": "A shell that orc can complete command lines in.",
        "enum": ["bash", "zsh", "fish", "powershell"],
        "type": "string",
      },
    },
    "required": ["shell", "script"],
    "type": "object",
  },
  "config get": { "$ref": "#/definitions/ShownValue" },
  "config list": {
    "additionalProperties": false,
    "properties": {
      "settings": {
        "items": {
          "additionalProperties": false,
          "description": "A setting with all there is to know about it.",
          "properties": {
            "default": {
              "anyOf": [{ "$ref": "#/definitions/SettingValue" }, {
                "type": "null",
              }],
            },
            "expected": {
              "description": "What it can be, for people.",
              "type": "string",
            },
            "name": { "type": "string" },
            "origin": { "$ref": "#/definitions/Origin" },
            "since": { "type": "string" },
            "summary": { "type": "string" },
            "value": {
              "anyOf": [{ "$ref": "#/definitions/SettingValue" }, {
                "type": "null",
              }],
              "description": "Null when nothing is set.",
            },
            "variable": { "type": "string" },
          },
          "required": [
            "default",
            "expected",
            "name",
            "origin",
            "since",
            "summary",
            "value",
            "variable",
          ],
          "type": "object",
        },
        "type": "array",
      },
    },
    "required": ["settings"],
    "type": "object",
  },
  "config path": {
    "additionalProperties": false,
    "properties": {
      "files": {
        "description": "All files that are read, the lowest first.",
        "items": {
          "additionalProperties": false,
          "description": "A file that can hold settings.",
          "properties": {
            "exists": { "type": "boolean" },
            "legacy": {
              "description":
                "Whether it is one of the Python tool's, which is only read.",
              "type": "boolean",
            },
            "level": { "enum": ["user", "repository"], "type": "string" },
            "path": { "type": "string" },
          },
          "required": ["path", "level", "legacy", "exists"],
          "type": "object",
        },
        "type": "array",
      },
      "path": {
        "description": "The file that `config set` writes to.",
        "type": "string",
      },
    },
    "required": ["path", "files"],
    "type": "object",
  },
  "config set": {
    "additionalProperties": false,
    "properties": {
      "changed": {
        "description":
          "Whether the file was written; not if it said so before.",
        "type": "boolean",
      },
      "name": { "type": "string" },
      "path": { "type": "string" },
      "value": {
        "anyOf": [{ "$ref": "#/definitions/SettingValue" }, { "type": "null" }],
        "description": "What the file says now; null when nothing.",
      },
    },
    "required": ["name", "value", "path", "changed"],
    "type": "object",
  },
  "config show": {
    "anyOf": [{
      "additionalProperties": false,
      "properties": {
        "settings": {
          "items": { "$ref": "#/definitions/ShownValue" },
          "type": "array",
        },
      },
      "required": ["settings"],
      "type": "object",
    }, {
      "additionalProperties": false,
      "properties": {
        "statements": {
          "items": {
            "additionalProperties": false,
            "description": "What one place says about a setting.",
            "properties": {
              "effective": {
                "description": "Whether this is the value that counts.",
                "type": "boolean",
              },
              "ignored": {
                "description":
                  "Whether it may not count, because it stands in the repository's file.",
                "type": "boolean",
              },
              "name": { "type": "string" },
              "origin": { "$ref": "#/definitions/Origin" },
              "value": {
                "anyOf": [{ "$ref": "#/definitions/SettingValue" }, {
                  "type": "null",
                }],
                "description": "Null when nothing is set.",
              },
            },
            "required": ["effective", "ignored", "name", "origin", "value"],
            "type": "object",
          },
          "type": "array",
        },
      },
      "required": ["statements"],
      "type": "object",
    }],
  },
  "config unset": {
    "additionalProperties": false,
    "properties": {
      "changed": {
        "description":
          "Whether the file was written; not if it said so before.",
        "type": "boolean",
      },
      "name": { "type": "string" },
      "path": { "type": "string" },
      "value": {
        "anyOf": [{ "$ref": "#/definitions/SettingValue" }, { "type": "null" }],
        "description": "What the file says now; null when nothing.",
      },
    },
    "required": ["name", "value", "path", "changed"],
    "type": "object",
  },
  "context-reminder": {
    "anyOf": [{
      "additionalProperties": false,
      "properties": { "active": { "const": false, "type": "boolean" } },
      "required": ["active"],
      "type": "object",
    }, {
      "additionalProperties": false,
      "properties": {
        "active": { "const": true, "type": "boolean" },
        "constraints": {
          "description": "What must hold throughout, as given at start.",
          "items": { "type": "string" },
          "type": "array",
        },
        "phase": {
          "description": "Id of the current phase.",
          "type": "string",
        },
        "progress": {
          "description":
            "Items of that phase that are completed or skipped, and all, as `2/5`.",
          "type": "string",
        },
        "task": {
          "description": "What is to be done, as given at start.",
          "type": "string",
        },
      },
      "required": ["active", "task", "phase", "progress", "constraints"],
      "type": "object",
    }],
    "description":
      "What an agent should not forget, short enough to be read at every turn.",
  },
  "doctor": {
    "additionalProperties": false,
    "properties": {
      "findings": {
        "description": "The worst first; after a repair, what is left.",
        "items": { "$ref": "#/definitions/Finding" },
        "type": "array",
      },
      "fixed": {
        "description": "What `fix` has put right.",
        "items": { "$ref": "#/definitions/Finding" },
        "type": "array",
      },
      "healthy": {
        "description":
          "Whether nothing was found, or left, that is more than good to know.",
        "type": "boolean",
      },
      "repaired": {
        "anyOf": [{
          "additionalProperties": false,
          "description": "What was done with a session.",
          "properties": {
            "aside": {
              "description":
                "Where the file is that was replaced; null when none was.",
              "type": ["string", "null"],
            },
            "repair": {
              "description": "How it was put right.",
              "enum": ["trust_state", "resign", "restore"],
              "type": "string",
            },
            "serial": {
              "description": "Number of the update that did it.",
              "type": "number",
            },
            "session": {
              "description": "Id of the session.",
              "type": "string",
            },
          },
          "required": ["repair", "session", "serial", "aside"],
          "type": "object",
        }, { "type": "null" }],
        "description": "What `repair` has done.",
      },
      "sessions": {
        "description": "How many sessions were looked at.",
        "type": "number",
      },
    },
    "required": ["healthy", "sessions", "findings", "fixed", "repaired"],
    "type": "object",
  },
  "feedback capture": {
    "additionalProperties": false,
    "properties": {
      "feedback": {
        "anyOf": [{
          "additionalProperties": false,
          "description":
            "Feedback on one session, as the Python tool spells it.",
          "properties": {
            "process": {
              "$ref": "#/definitions/JsonObject",
              "description": "About the work: it stays here.",
            },
            "tool": {
              "$ref": "#/definitions/JsonObject",
              "description": "About the tool, without names: it may be shared.",
            },
          },
          "required": ["tool", "process"],
          "type": "object",
        }, { "type": "null" }],
        "description":
          "Null when the setting `feedback` is false: then nothing was kept.",
      },
      "reason": {
        "description": "Why nothing was kept; null when it was.",
        "type": ["string", "null"],
      },
    },
    "required": ["feedback", "reason"],
    "type": "object",
  },
  "feedback review": {
    "additionalProperties": false,
    "properties": {
      "damagedLines": {
        "description": "Lines that cannot be read; the others were.",
        "type": "number",
      },
      "days": {
        "description": "Null where all there ever was is summed up.",
        "type": ["number", "null"],
      },
      "process": {
        "additionalProperties": false,
        "description": "What the process feedback of several sessions says.",
        "properties": {
          "challenges": {
            "items": { "$ref": "#/definitions/Statement" },
            "type": "array",
          },
          "errors": {
            "items": { "$ref": "#/definitions/Repeated" },
            "type": "array",
          },
          "improvements": {
            "items": { "$ref": "#/definitions/Statement" },
            "type": "array",
          },
          "learnings": {
            "description": "Newest first, as all below.",
            "items": { "$ref": "#/definitions/Statement" },
            "type": "array",
          },
          "sessions": { "type": "number" },
          "skippedItems": {
            "description": "Ids of items that were skipped.",
            "items": { "$ref": "#/definitions/Repeated" },
            "type": "array",
          },
          "wentWell": {
            "items": { "$ref": "#/definitions/Statement" },
            "type": "array",
          },
        },
        "required": [
          "sessions",
          "errors",
          "skippedItems",
          "learnings",
          "challenges",
          "wentWell",
          "improvements",
        ],
        "type": "object",
      },
      "sessions": {
        "description": "Each counts once, whatever it left where.",
        "type": "number",
      },
      "shown": {
        "additionalProperties": false,
        "description": "Which parts of a review are shown.",
        "properties": {
          "process": { "type": "boolean" },
          "suggestions": { "type": "boolean" },
          "tool": { "type": "boolean" },
        },
        "required": ["tool", "process", "suggestions"],
        "type": "object",
      },
      "suggestions": {
        "description":
          "What could be changed, from what came up again and again.",
        "items": { "type": "string" },
        "type": "array",
      },
      "tool": {
        "additionalProperties": false,
        "description": "What the tool feedback of several sessions adds up to.",
        "properties": {
          "averageSeconds": {
            "description": "Null where no session tells.",
            "type": ["number", "null"],
          },
          "errors": { "type": "number" },
          "itemsSkipped": { "type": "number" },
          "phases": {
            "items": {
              "additionalProperties": false,
              "properties": {
                "averageSeconds": { "type": "number" },
                "phase": { "type": "string" },
                "sessions": { "type": "number" },
              },
              "required": ["phase", "averageSeconds", "sessions"],
              "type": "object",
            },
            "type": "array",
          },
          "sessions": { "type": "number" },
          "withReviews": {
            "description": "Sessions with at least one review.",
            "type": "number",
          },
          "withSeveralAgents": {
            "description": "Sessions that several agents worked on.",
            "type": "number",
          },
        },
        "required": [
          "sessions",
          "averageSeconds",
          "phases",
          "errors",
          "itemsSkipped",
          "withReviews",
          "withSeveralAgents",
        ],
        "type": "object",
      },
    },
    "required": [
      "damagedLines",
      "days",
      "process",
      "sessions",
      "shown",
      "suggestions",
      "tool",
    ],
    "type": "object",
  },
  "finish": {
    "description":
      "What programs get after a change: what happened, and where the session stands.",
    "properties": {
      "changed": {
        "description":
          "False when there was nothing to do: then nothing was written.",
        "type": "boolean",
      },
      "events": {
        "description":
          "What the log now holds of it, in order; empty when nothing changed. Ids are ULIDs in lower case, types those of `EventType`.",
        "items": {
          "additionalProperties": false,
          "properties": {
            "id": { "type": "string" },
            "type": { "type": "string" },
          },
          "required": ["type", "id"],
          "type": "object",
        },
        "type": "array",
      },
      "serial": {
        "description":
          "Number of the session's last update; 0 when only the Python tool wrote it.",
        "type": "number",
      },
      "summary": {
        "$ref": "#/definitions/Summary",
        "description": "Where the session stands now.",
      },
    },
    "required": ["changed", "events", "serial", "summary"],
    "type": "object",
  },
  "generate-md": {
    "additionalProperties": false,
    "properties": {
      "changed": {
        "description": "False when the file held the same page already.",
        "type": "boolean",
      },
      "path": {
        "description": "The file, absolute; null when none was to be written.",
        "type": ["string", "null"],
      },
      "text": { "description": "The page.", "type": "string" },
    },
    "required": ["text", "path", "changed"],
    "type": "object",
  },
  "handoff": {
    "additionalProperties": false,
    "description": "What programs get after a handoff.",
    "properties": {
      "items": {
        "description": "Ids of the open items of the current phase.",
        "items": { "type": "string" },
        "type": "array",
      },
      "prompt": {
        "description": "Null when there is nothing an agent could do.",
        "type": ["string", "null"],
      },
      "run": {
        "anyOf": [{
          "additionalProperties": false,
          "description": "How the program of an agent ended; always well.",
          "properties": {
            "durationSeconds": {
              "description": "How long it ran, to the millisecond.",
              "type": "number",
            },
            "program": {
              "description": "The program as it was named.",
              "type": "string",
            },
            "stderr": {
              "description": "Error output, cut in the same way.",
              "type": "string",
            },
            "stdout": {
              "description": "First 4 KiB and last 16 KiB of what it printed.",
              "type": "string",
            },
          },
          "required": ["program", "stdout", "stderr", "durationSeconds"],
          "type": "object",
        }, { "type": "null" }],
        "description": "How the agent's program ended; null when none was run.",
      },
      "summary": {
        "$ref": "#/definitions/Summary",
        "description": "Where the session stands now.",
      },
    },
    "required": ["prompt", "items", "run", "summary"],
    "type": "object",
  },
  "help": {
    "anyOf": [{
      "additionalProperties": false,
      "description": "All commands.",
      "properties": {
        "globalFlags": {
          "items": { "$ref": "#/definitions/FlagSpec" },
          "type": "array",
        },
        "groups": {
          "items": {
            "additionalProperties": false,
            "properties": {
              "commands": {
                "items": { "$ref": "#/definitions/ListedCommand" },
                "type": "array",
              },
              "isFolded": {
                "description": "Named without their summaries.",
                "type": "boolean",
              },
              "title": { "type": "string" },
            },
            "required": ["title", "isFolded", "commands"],
            "type": "object",
          },
          "type": "array",
        },
        "type": { "const": "overview", "type": "string" },
      },
      "required": ["type", "groups", "globalFlags"],
      "type": "object",
    }, {
      "additionalProperties": false,
      "description": "Commands that share their first word.",
      "properties": {
        "commands": {
          "items": { "$ref": "#/definitions/ListedCommand" },
          "type": "array",
        },
        "name": { "type": "string" },
        "type": { "const": "family", "type": "string" },
      },
      "required": ["type", "name", "commands"],
      "type": "object",
    }, {
      "additionalProperties": false,
      "description": "One command with all it takes and needs.",
      "properties": {
        "aliases": { "items": { "type": "string" }, "type": "array" },
        "args": {
          "items": {
            "additionalProperties": false,
            "description": "A positional argument of a command.",
            "properties": {
              "name": { "type": "string" },
              "required": { "type": "boolean" },
              "summary": { "type": "string" },
              "values": {
                "$ref": "#/definitions/ValueKind",
                "description": "What the argument names.",
              },
              "variadic": {
                "description": "Takes all remaining arguments.",
                "type": "boolean",
              },
            },
            "required": ["name", "summary", "required"],
            "type": "object",
          },
          "type": "array",
        },
        "description": { "type": "string" },
        "effect": {
          "$ref": "#/definitions/Effect",
          "description": "What it does to files, without any flag.",
        },
        "examples": { "items": { "type": "string" }, "type": "array" },
        "flags": {
          "items": { "$ref": "#/definitions/FlagSpec" },
          "type": "array",
        },
        "globalFlags": {
          "items": { "$ref": "#/definitions/FlagSpec" },
          "type": "array",
        },
        "name": { "type": "string" },
        "permissions": {
          "items": {
            "description":
              "What a command needs from `deno run` beyond reading and writing the root.",
            "enum": ["run", "sys", "net"],
            "type": "string",
          },
          "type": "array",
        },
        "summary": { "type": "string" },
        "type": { "const": "command", "type": "string" },
      },
      "required": [
        "aliases",
        "args",
        "description",
        "effect",
        "examples",
        "flags",
        "globalFlags",
        "name",
        "permissions",
        "summary",
        "type",
      ],
      "type": "object",
    }],
    "description": "What help shows; `--json` prints it as it is.",
  },
  "history": {
    "additionalProperties": false,
    "properties": {
      "events": {
        "description": "The last events that fit, oldest first.",
        "items": {
          "additionalProperties": false,
          "description":
            "An event read from a log: other writers know types of their own. From the Python tool its id is empty and its serial 0.",
          "properties": {
            "actor": {
              "description":
                "Who stands for it: `human` only where a human gave a yes.",
              "enum": ["system", "human"],
              "type": "string",
            },
            "at": {
              "description":
                "When the update was made; `timestamp` in the log. An instant as in `SessionState`.",
              "type": "string",
            },
            "details": {
              "$ref": "#/definitions/JsonObject",
              "description":
                "Facts for programs, by the type of the event: a reason, notes, the result of a check. `agent` names the agent that asked, `origin` how a human was known to be one.",
            },
            "id": {
              "description": "ULID in lower case, unique over all sessions.",
              "type": "string",
            },
            "itemId": {
              "description":
                "The item it is about; null when it is about a phase or the session.",
              "type": ["string", "null"],
            },
            "message": {
              "description":
                "One sentence for people, such as `Completed item: plan`.",
              "type": "string",
            },
            "phaseId": {
              "description":
                "The phase it happened in; null for the start of a session.",
              "type": ["string", "null"],
            },
            "serial": {
              "description":
                "Number of the update that recorded it; the first update orc made to the session is 1.",
              "type": "number",
            },
            "type": { "type": "string" },
            "workflowId": {
              "description":
                "`SessionState.workflowId` of the event's session.",
              "type": "string",
            },
          },
          "required": [
            "actor",
            "at",
            "details",
            "id",
            "itemId",
            "message",
            "phaseId",
            "serial",
            "type",
            "workflowId",
          ],
          "type": "object",
        },
        "type": "array",
      },
      "hasEarlier": {
        "description": "Whether there are earlier ones that fit.",
        "type": "boolean",
      },
    },
    "required": ["events", "hasEarlier"],
    "type": "object",
  },
  "import-legacy": { "$ref": "#/definitions/MigrationResult" },
  "init": {
    "additionalProperties": false,
    "properties": {
      "kept": {
        "description":
          "New name of the workflow.yaml that was there, such as `workflow.yaml.1.bak`; null when none was replaced.",
        "type": ["string", "null"],
      },
      "root": {
        "description": "The directory that holds `.orchestrator/`, absolute.",
        "type": "string",
      },
      "workflow": {
        "description":
          "Whether workflow.yaml was written, or was there and kept.",
        "enum": ["written", "kept"],
        "type": "string",
      },
    },
    "required": ["root", "workflow", "kept"],
    "type": "object",
  },
  "learn": {
    "additionalProperties": false,
    "properties": {
      "hasLearnings": {
        "description":
          "Whether there is anything to learn; nothing else is ever saved.",
        "type": "boolean",
      },
      "learnings": {
        "additionalProperties": false,
        "description": "What was skipped, failed, noted and overridden.",
        "properties": {
          "failures": {
            "description": "Items whose checks failed, most failures first.",
            "items": {
              "additionalProperties": false,
              "description": "An item whose checks failed.",
              "properties": {
                "count": {
                  "description": "How many of its checks failed.",
                  "type": "number",
                },
                "item": { "description": "Id of the item.", "type": "string" },
                "last": {
                  "description": "What the last of them said.",
                  "type": "string",
                },
              },
              "required": ["item", "count", "last"],
              "type": "object",
            },
            "type": "array",
          },
          "notes": {
            "description":
              "What somebody said was worth remembering, oldest first.",
            "items": { "type": "string" },
            "type": "array",
          },
          "overrides": {
            "description":
              "Where a human set the rules aside, in order; the first 50.",
            "items": {
              "additionalProperties": false,
              "properties": {
                "at": {
                  "description": "When it was done, an instant in UTC.",
                  "type": "string",
                },
                "message": {
                  "description":
                    "One sentence, such as `Force-skipped item: tests`.",
                  "type": "string",
                },
              },
              "required": ["at", "message"],
              "type": "object",
            },
            "type": "array",
          },
          "phases": {
            "description":
              "How long each phase took that was entered, in whole minutes.",
            "items": {
              "additionalProperties": false,
              "properties": {
                "minutes": {
                  "description":
                    "Up to now in the current phase; null when its times are not known.",
                  "type": ["number", "null"],
                },
                "phase": {
                  "description": "Id of the phase.",
                  "type": "string",
                },
              },
              "required": ["phase", "minutes"],
              "type": "object",
            },
            "type": "array",
          },
          "skipped": {
            "description": "Items that were left out, and why.",
            "items": {
              "additionalProperties": false,
              "properties": {
                "item": { "description": "Id of the item.", "type": "string" },
                "reason": {
                  "description":
                    "As given; empty when an older log does not say.",
                  "type": "string",
                },
              },
              "required": ["item", "reason"],
              "type": "object",
            },
            "type": "array",
          },
          "status": {
            "$ref": "#/definitions/SessionStatus",
            "description": "How far the session is.",
          },
          "task": {
            "description": "What was to be done, as given at start.",
            "type": "string",
          },
          "updatedAt": {
            "description": "When its last update was made, an instant in UTC.",
            "type": "string",
          },
          "workflow": {
            "description": "Name of the workflow.",
            "type": "string",
          },
        },
        "required": [
          "task",
          "workflow",
          "status",
          "updatedAt",
          "skipped",
          "failures",
          "overrides",
          "notes",
          "phases",
        ],
        "type": "object",
      },
      "path": {
        "description":
          "LEARNINGS.md, absolute; null when nothing was to be saved.",
        "type": ["string", "null"],
      },
      "saved": {
        "description":
          "Whether it was written; false when the same was in it already.",
        "type": "boolean",
      },
      "session": { "type": "string" },
    },
    "required": ["hasLearnings", "learnings", "path", "saved", "session"],
    "type": "object",
  },
  "list": {
    "additionalProperties": false,
    "properties": {
      "directory": {
        "description": "Where the search began.",
        "type": "string",
      },
      "sessions": {
        "items": {
          "additionalProperties": false,
          "description":
            "A session with the keys of the Python tool's list, and what that has no key for.",
          "properties": {
            "created_at": { "type": ["string", "null"] },
            "current_phase": { "type": ["string", "null"] },
            "directory": { "type": "string" },
            "legacy": { "type": "boolean" },
            "path": { "type": "string" },
            "problem": { "type": ["string", "null"] },
            "project": { "type": ["string", "null"] },
            "session": { "type": ["string", "null"] },
            "status": { "type": ["string", "null"] },
            "task": { "type": ["string", "null"] },
            "updated_at": { "type": ["string", "null"] },
            "workflow_id": { "type": ["string", "null"] },
          },
          "required": [
            "path",
            "directory",
            "workflow_id",
            "task",
            "status",
            "current_phase",
            "project",
            "created_at",
            "updated_at",
            "session",
            "legacy",
            "problem",
          ],
          "type": "object",
        },
        "type": "array",
      },
    },
    "required": ["directory", "sessions"],
    "type": "object",
  },
  "migrate": { "$ref": "#/definitions/MigrationResult" },
  "next": {
    "additionalProperties": false,
    "properties": {
      "active": {
        "description":
          "Whether anything can still change: neither finished nor abandoned.",
        "type": "boolean",
      },
      "constraints": {
        "description": "What must hold throughout, as given at start.",
        "items": { "type": "string" },
        "type": "array",
      },
      "evidence": {
        "anyOf": [{
          "additionalProperties": false,
          "description":
            "What evidence the next item asks for, with the fields of its schema.",
          "properties": {
            "fields": {
              "anyOf": [{
                "items": {
                  "additionalProperties": false,
                  "description":
                    "A field that a schema knows. Fields it does not know are kept unread.",
                  "properties": {
                    "countsBlanks": {
                      "description":
                        "Whether blanks around a text count as characters.",
                      "type": "boolean",
                    },
                    "minimum": {
                      "description":
                        "Fewest entries of a list or mapping, fewest characters of a text.",
                      "type": "number",
                    },
                    "name": { "type": "string" },
                    "required": { "type": "boolean" },
                    "type": {
                      "description":
                        "A text, a list of texts, or a mapping of texts to texts.",
                      "enum": ["text", "list", "map"],
                      "type": "string",
                    },
                  },
                  "required": [
                    "name",
                    "type",
                    "required",
                    "minimum",
                    "countsBlanks",
                  ],
                  "type": "object",
                },
                "type": "array",
              }, { "type": "null" }],
              "description": "Null for a schema that orc does not know.",
            },
            "given": {
              "description":
                "Whether some was handed in before, as with a try that failed.",
              "type": "boolean",
            },
            "prompt": {
              "description":
                "What to collect, in the words of the workflow; null without any.",
              "type": ["string", "null"],
            },
            "schema": {
              "description":
                "Name of the schema it has to follow; null where any will do, also none.",
              "type": ["string", "null"],
            },
          },
          "required": ["fields", "given", "prompt", "schema"],
          "type": "object",
        }, { "type": "null" }],
      },
      "next": {
        "anyOf": [{ "$ref": "#/definitions/NextStep" }, { "type": "null" }],
      },
      "phase": {
        "description":
          "Id of the current phase; after the end, of the one it ended in.",
        "type": "string",
      },
      "phases": {
        "description": "All phases in the order of the workflow.",
        "items": { "$ref": "#/definitions/PhaseSummary" },
        "type": "array",
      },
      "status": {
        "$ref": "#/definitions/SessionStatus",
        "description": "How far the session is.",
      },
      "task": {
        "description": "What is to be done, as given at start.",
        "type": "string",
      },
    },
    "required": [
      "active",
      "constraints",
      "evidence",
      "next",
      "phase",
      "phases",
      "status",
      "task",
    ],
    "type": "object",
  },
  "note": {
    "description":
      "What programs get after a change: what happened, and where the session stands.",
    "properties": {
      "changed": {
        "description":
          "False when there was nothing to do: then nothing was written.",
        "type": "boolean",
      },
      "events": {
        "description":
          "What the log now holds of it, in order; empty when nothing changed. Ids are ULIDs in lower case, types those of `EventType`.",
        "items": {
          "additionalProperties": false,
          "properties": {
            "id": { "type": "string" },
            "type": { "type": "string" },
          },
          "required": ["type", "id"],
          "type": "object",
        },
        "type": "array",
      },
      "serial": {
        "description":
          "Number of the session's last update; 0 when only the Python tool wrote it.",
        "type": "number",
      },
      "summary": {
        "$ref": "#/definitions/Summary",
        "description": "Where the session stands now.",
      },
    },
    "required": ["changed", "events", "serial", "summary"],
    "type": "object",
  },
  "resume": {
    "additionalProperties": false,
    "properties": {
      "changed": {
        "description":
          "False when there was nothing to do: then nothing was written.",
        "type": "boolean",
      },
      "changes": {
        "description": "What was changed; in a dry run, what would be.",
        "items": {
          "additionalProperties": false,
          "description": "One thing that returning to a checkpoint changes.",
          "properties": {
            "forward": {
              "description":
                "Whether only a human may do it, because it does not take anything back.",
              "type": "boolean",
            },
            "from": {
              "description":
                "What it is now: a status, a phase, or `given` or `missing`. Like `to` where only details differ.",
              "type": "string",
            },
            "itemId": {
              "description": "Null unless it is about an item.",
              "type": ["string", "null"],
            },
            "phaseId": {
              "description":
                "The phase it is about; for `current_phase` the one to go to.",
              "type": "string",
            },
            "to": { "description": "What it becomes.", "type": "string" },
            "what": {
              "description":
                "- `current_phase`: the session goes to another phase\n- `phase`: a phase gets another status, or other times\n- `item`: an item gets another status, or other notes and results\n- `approval`: a human's yes to leaving a phase\n- `reviews`: reviews of a phase that the Python tool recorded",
              "enum": ["current_phase", "phase", "item", "approval", "reviews"],
              "type": "string",
            },
          },
          "required": ["what", "phaseId", "itemId", "from", "to", "forward"],
          "type": "object",
        },
        "type": "array",
      },
      "checkpoint": {
        "$ref": "#/definitions/CheckpointLine",
        "description": "The checkpoint that is meant.",
      },
      "decisions": {
        "description": "What was decided up to the checkpoint, oldest first.",
        "items": { "type": "string" },
        "type": "array",
      },
      "dryRun": {
        "description":
          "Whether nothing was changed because only the plan was asked for.",
        "type": "boolean",
      },
      "events": {
        "description":
          "What the log now holds of it, in order; empty when nothing changed. Ids are ULIDs in lower case, types those of `EventType`.",
        "items": {
          "additionalProperties": false,
          "properties": {
            "id": { "type": "string" },
            "type": { "type": "string" },
          },
          "required": ["type", "id"],
          "type": "object",
        },
        "type": "array",
      },
      "serial": {
        "description":
          "Number of the session's last update; 0 when only the Python tool wrote it.",
        "type": "number",
      },
      "summary": {
        "$ref": "#/definitions/Summary",
        "description": "Where the session stands now.",
      },
    },
    "required": [
      "checkpoint",
      "changes",
      "dryRun",
      "decisions",
      "changed",
      "events",
      "serial",
      "summary",
    ],
    "type": "object",
  },
  "schema": {
    "anyOf": [{ "$ref": "#/definitions/JsonSchema" }, {
      "additionalProperties": false,
      "properties": {
        "schemas": { "items": { "type": "string" }, "type": "array" },
      },
      "required": ["schemas"],
      "type": "object",
    }],
  },
  "secrets doctor": {
    "additionalProperties": false,
    "properties": {
      "findings": {
        "description": "In the order of the questions: what is missing first.",
        "items": { "$ref": "#/definitions/Finding" },
        "type": "array",
      },
      "healthy": {
        "description":
          "Whether nothing was found that is more than good to know.",
        "type": "boolean",
      },
      "secrets": {
        "description": "How many stored secrets were looked at.",
        "type": "number",
      },
    },
    "required": ["healthy", "secrets", "findings"],
    "type": "object",
  },
  "secrets get": {
    "additionalProperties": false,
    "properties": {
      "name": { "description": "Its name.", "type": "string" },
      "value": {
        "description": "Not to be stored or shown.",
        "type": "string",
      },
    },
    "required": ["name", "value"],
    "type": "object",
  },
  "secrets init": {
    "additionalProperties": false,
    "properties": {
      "created": {
        "description": "False when the identity was there.",
        "type": "boolean",
      },
      "identity": {
        "description":
          "The file that opens secrets; whoever has it can read them all.",
        "type": "string",
      },
      "missing": {
        "description":
          "Secrets that the workflow or a setting names and nobody has.",
        "items": { "type": "string" },
        "type": "array",
      },
      "recipient": {
        "description": "Its public half: secrets are encrypted to it.",
        "type": "string",
      },
    },
    "required": ["identity", "recipient", "created", "missing"],
    "type": "object",
  },
  "secrets list": {
    "additionalProperties": false,
    "properties": {
      "secrets": {
        "items": {
          "additionalProperties": false,
          "description": "A name, and where its value comes from.",
          "properties": {
            "locations": {
              "description":
                "All places that have it, in the order they count; empty when nobody has.",
              "items": { "$ref": "#/definitions/SecretLocation" },
              "type": "array",
            },
            "name": {
              "description": "Such as `OPENAI_API_KEY`.",
              "type": "string",
            },
            "required": {
              "description": "Whether workflow.yaml or a setting names it.",
              "type": "boolean",
            },
          },
          "required": ["name", "required", "locations"],
          "type": "object",
        },
        "type": "array",
      },
    },
    "required": ["secrets"],
    "type": "object",
  },
  "secrets rm": {
    "additionalProperties": false,
    "properties": {
      "level": {
        "$ref": "#/definitions/SecretLevel",
        "description": "Whom it was for.",
      },
      "name": {
        "description": "Its name, which may be stored elsewhere too.",
        "type": "string",
      },
      "path": { "description": "The file that is gone.", "type": "string" },
    },
    "required": ["name", "level", "path"],
    "type": "object",
  },
  "secrets set": {
    "additionalProperties": false,
    "properties": {
      "encryption": {
        "description": "What opens it.",
        "enum": ["identity", "passphrase"],
        "type": "string",
      },
      "level": {
        "$ref": "#/definitions/SecretLevel",
        "description": "Whom it is for.",
      },
      "name": { "description": "Its name.", "type": "string" },
      "path": { "description": "The file that holds it.", "type": "string" },
    },
    "required": ["name", "level", "path", "encryption"],
    "type": "object",
  },
  "secrets source": {
    "additionalProperties": false,
    "properties": {
      "locations": {
        "description": "The first one counts, unless it cannot be opened.",
        "items": { "$ref": "#/definitions/SecretLocation" },
        "type": "array",
      },
      "name": { "description": "Its name.", "type": "string" },
    },
    "required": ["name", "locations"],
    "type": "object",
  },
  "secrets test": {
    "additionalProperties": false,
    "properties": {
      "fingerprint": {
        "description":
          "The same wherever the value is the same; null for a value of less than 12 characters.",
        "type": ["string", "null"],
      },
      "length": { "description": "Characters of its value.", "type": "number" },
      "name": { "description": "Its name.", "type": "string" },
      "place": {
        "description": "Path of a file, name of a variable, or null.",
        "type": ["string", "null"],
      },
      "source": {
        "$ref": "#/definitions/SecretSource",
        "description": "What kind of place it is.",
      },
    },
    "required": ["name", "length", "fingerprint", "source", "place"],
    "type": "object",
  },
  "session cleanup": {
    "additionalProperties": false,
    "description": "What a cleanup did, or would do.",
    "properties": {
      "dryRun": {
        "description":
          "Whether nothing was removed because only the plan was asked for.",
        "type": "boolean",
      },
      "kept": {
        "description":
          "State that stays although it may have been expected to go.",
        "items": { "$ref": "#/definitions/KeptState" },
        "type": "array",
      },
      "leftovers": {
        "description":
          "What earlier removals left behind, removed in the same way.",
        "items": { "$ref": "#/definitions/Leftover" },
        "type": "array",
      },
      "sessions": {
        "description":
          "Sessions that were removed; in a dry run, that would be.",
        "items": { "$ref": "#/definitions/RemovableSession" },
        "type": "array",
      },
      "sizeBytes": { "description": "Bytes of all of them.", "type": "number" },
    },
    "required": ["dryRun", "sessions", "leftovers", "sizeBytes", "kept"],
    "type": "object",
  },
  "session info": {
    "additionalProperties": false,
    "properties": {
      "active": {
        "description":
          "Whether anything can still change: neither finished nor abandoned.",
        "type": "boolean",
      },
      "at": {
        "description":
          "Now, an instant in UTC, so that the age of things can be shown.",
        "type": "string",
      },
      "blockers": {
        "description":
          "What keeps the session from going on; in the last phase, from being finished. Empty after the end.",
        "items": { "$ref": "#/definitions/Blocker" },
        "type": "array",
      },
      "constraints": {
        "description": "What must hold throughout, as given at start.",
        "items": { "type": "string" },
        "type": "array",
      },
      "items": {
        "description":
          "Items of the current phase in the order of the workflow; empty if the workflow does not define that phase.",
        "items": { "$ref": "#/definitions/ItemSummary" },
        "type": "array",
      },
      "legacy": {
        "description":
          "Whether the session still lies in the older tool's file.",
        "type": "boolean",
      },
      "name": {
        "description": "What people call it; null when nobody gave it a name.",
        "type": ["string", "null"],
      },
      "next": {
        "anyOf": [{ "$ref": "#/definitions/NextStep" }, { "type": "null" }],
        "description":
          "What to do now; null after the end, or if the workflow does not define the current phase.",
      },
      "notes": {
        "description":
          "What somebody said was worth remembering, oldest first.",
        "items": { "type": "string" },
        "type": "array",
      },
      "phase": {
        "description":
          "Id of the current phase; after the end, of the one it ended in.",
        "type": "string",
      },
      "phaseNotes": {
        "description":
          "Advice for the current phase; may begin with a tag such as `[tip]`.",
        "items": { "type": "string" },
        "type": "array",
      },
      "phases": {
        "description": "All phases in the order of the workflow.",
        "items": { "$ref": "#/definitions/PhaseSummary" },
        "type": "array",
      },
      "progress": {
        "$ref": "#/definitions/Progress",
        "description": "Sums over all phases.",
      },
      "project": {
        "description":
          "Name of the project the task belongs to; null without one.",
        "type": ["string", "null"],
      },
      "root": { "type": "string" },
      "serial": {
        "description":
          "Number of the session's last update; 0 when only the Python tool wrote it.",
        "type": "number",
      },
      "session": { "description": "Id of the session.", "type": "string" },
      "sessionSource": {
        "$ref": "#/definitions/SessionSource",
        "description": "How it was decided that this session is meant.",
      },
      "status": {
        "$ref": "#/definitions/SessionStatus",
        "description": "How far the session is.",
      },
      "task": {
        "description": "What is to be done, as given at start.",
        "type": "string",
      },
      "workflow": { "description": "Name of the workflow.", "type": "string" },
      "workflowId": {
        "description":
          "`wf_` and eight hex digits, part of every line of the log. Not the id of the session.",
        "type": "string",
      },
    },
    "required": [
      "active",
      "at",
      "blockers",
      "constraints",
      "items",
      "legacy",
      "name",
      "next",
      "notes",
      "phase",
      "phaseNotes",
      "phases",
      "progress",
      "project",
      "root",
      "serial",
      "session",
      "sessionSource",
      "status",
      "task",
      "workflow",
      "workflowId",
    ],
    "type": "object",
  },
  "session list": {
    "additionalProperties": false,
    "properties": {
      "more": { "type": "number" },
      "sessions": {
        "items": {
          "additionalProperties": false,
          "description":
            "A session in one line. What cannot be read of it is null, and `problem` says why.",
          "properties": {
            "createdAt": {
              "description":
                "When it started, an instant in UTC; empty when its file does not say.",
              "type": ["string", "null"],
            },
            "current": {
              "description":
                "Whether everybody who has no session of their own is in it.",
              "type": "boolean",
            },
            "id": {
              "description":
                "What commands take; any beginning that fits no other will do.",
              "type": "string",
            },
            "legacy": {
              "description":
                "Whether it still lies in the older tool's `.workflow_state.json`.",
              "type": "boolean",
            },
            "name": {
              "description":
                "What people call it; null when nobody gave it a name.",
              "type": ["string", "null"],
            },
            "phase": {
              "description":
                "Id of the current phase; after the end, of the one it ended in.",
              "type": ["string", "null"],
            },
            "problem": {
              "description":
                "Why its state or its workflow cannot be read; null when both can.",
              "type": ["string", "null"],
            },
            "progress": {
              "anyOf": [{ "$ref": "#/definitions/Progress" }, {
                "type": "null",
              }],
              "description":
                "Sums over all phases; null also in the oldest sessions, which carry no workflow.",
            },
            "status": {
              "anyOf": [{ "$ref": "#/definitions/SessionStatus" }, {
                "type": "null",
              }],
              "description": "How far it is.",
            },
            "task": {
              "description": "What is to be done, as given at start.",
              "type": ["string", "null"],
            },
            "updatedAt": {
              "description":
                "When its last update was made; empty when its file does not say.",
              "type": ["string", "null"],
            },
          },
          "required": [
            "id",
            "current",
            "name",
            "task",
            "status",
            "phase",
            "progress",
            "createdAt",
            "updatedAt",
            "legacy",
            "problem",
          ],
          "type": "object",
        },
        "type": "array",
      },
    },
    "required": ["sessions", "more"],
    "type": "object",
  },
  "session rename": {
    "additionalProperties": false,
    "properties": {
      "name": { "type": "string" },
      "session": { "description": "Its id, which stays.", "type": "string" },
    },
    "required": ["session", "name"],
    "type": "object",
  },
  "session switch": {
    "additionalProperties": false,
    "properties": {
      "bound": {
        "description":
          "Who was bound: the agent or worktree alone, or everybody who has no session of their own.",
        "enum": ["agent", "worktree", "current"],
        "type": "string",
      },
      "session": { "description": "Its id, whole.", "type": "string" },
      "task": { "description": "What is to be done in it.", "type": "string" },
    },
    "required": ["session", "task", "bound"],
    "type": "object",
  },
  "skip": {
    "additionalProperties": false,
    "description":
      "What programs get after a change: what happened, and where the session stands.",
    "properties": {
      "changed": {
        "description":
          "False when there was nothing to do: then nothing was written.",
        "type": "boolean",
      },
      "events": {
        "description":
          "What the log now holds of it, in order; empty when nothing changed. Ids are ULIDs in lower case, types those of `EventType`.",
        "items": {
          "additionalProperties": false,
          "properties": {
            "id": { "type": "string" },
            "type": { "type": "string" },
          },
          "required": ["type", "id"],
          "type": "object",
        },
        "type": "array",
      },
      "item": { "type": "string" },
      "serial": {
        "description":
          "Number of the session's last update; 0 when only the Python tool wrote it.",
        "type": "number",
      },
      "summary": {
        "$ref": "#/definitions/Summary",
        "description": "Where the session stands now.",
      },
    },
    "required": ["changed", "events", "item", "serial", "summary"],
    "type": "object",
  },
  "start": {
    "additionalProperties": false,
    "properties": {
      "problems": {
        "description":
          "What is doubtful in the workflow, but does not keep it from being used; at most 20.",
        "items": { "$ref": "#/definitions/Problem" },
        "type": "array",
      },
      "root": { "type": "string" },
      "session": { "type": "string" },
      "summary": {
        "$ref": "#/definitions/Summary",
        "description": "Where it stands: at the beginning.",
      },
      "workflowPath": {
        "description":
          "The file the workflow came from, absolute; null when it is the bundled one.",
        "type": ["string", "null"],
      },
    },
    "required": ["problems", "root", "session", "summary", "workflowPath"],
    "type": "object",
  },
  "start-item": {
    "additionalProperties": false,
    "description":
      "What programs get after a change: what happened, and where the session stands.",
    "properties": {
      "changed": {
        "description":
          "False when there was nothing to do: then nothing was written.",
        "type": "boolean",
      },
      "events": {
        "description":
          "What the log now holds of it, in order; empty when nothing changed. Ids are ULIDs in lower case, types those of `EventType`.",
        "items": {
          "additionalProperties": false,
          "properties": {
            "id": { "type": "string" },
            "type": { "type": "string" },
          },
          "required": ["type", "id"],
          "type": "object",
        },
        "type": "array",
      },
      "item": { "type": "string" },
      "passesAt": {
        "description":
          "From when on `complete` skips the item if no human answers: starting a manual gate starts its clock, where it has one. Null for everything else.",
        "type": ["string", "null"],
      },
      "serial": {
        "description":
          "Number of the session's last update; 0 when only the Python tool wrote it.",
        "type": "number",
      },
      "summary": {
        "$ref": "#/definitions/Summary",
        "description": "Where the session stands now.",
      },
    },
    "required": ["changed", "events", "item", "passesAt", "serial", "summary"],
    "type": "object",
  },
  "status": {
    "additionalProperties": false,
    "properties": {
      "active": {
        "description":
          "Whether anything can still change: neither finished nor abandoned.",
        "type": "boolean",
      },
      "at": {
        "description":
          "Now, an instant in UTC, so that the age of things can be shown.",
        "type": "string",
      },
      "blockers": {
        "description":
          "What keeps the session from going on; in the last phase, from being finished. Empty after the end.",
        "items": { "$ref": "#/definitions/Blocker" },
        "type": "array",
      },
      "brief": { "type": "boolean" },
      "constraints": {
        "description": "What must hold throughout, as given at start.",
        "items": { "type": "string" },
        "type": "array",
      },
      "items": {
        "description":
          "Items of the current phase in the order of the workflow; empty if the workflow does not define that phase.",
        "items": { "$ref": "#/definitions/ItemSummary" },
        "type": "array",
      },
      "legacy": {
        "description":
          "Whether the session still lies in the older tool's file.",
        "type": "boolean",
      },
      "name": {
        "description": "What people call it; null when nobody gave it a name.",
        "type": ["string", "null"],
      },
      "next": {
        "anyOf": [{ "$ref": "#/definitions/NextStep" }, { "type": "null" }],
        "description":
          "What to do now; null after the end, or if the workflow does not define the current phase.",
      },
      "notes": {
        "description":
          "What somebody said was worth remembering, oldest first.",
        "items": { "type": "string" },
        "type": "array",
      },
      "phase": {
        "description":
          "Id of the current phase; after the end, of the one it ended in.",
        "type": "string",
      },
      "phaseNotes": {
        "description":
          "Advice for the current phase; may begin with a tag such as `[tip]`.",
        "items": { "type": "string" },
        "type": "array",
      },
      "phases": {
        "description": "All phases in the order of the workflow.",
        "items": { "$ref": "#/definitions/PhaseSummary" },
        "type": "array",
      },
      "progress": {
        "$ref": "#/definitions/Progress",
        "description": "Sums over all phases.",
      },
      "project": {
        "description":
          "Name of the project the task belongs to; null without one.",
        "type": ["string", "null"],
      },
      "serial": {
        "description":
          "Number of the session's last update; 0 when only the Python tool wrote it.",
        "type": "number",
      },
      "session": { "description": "Id of the session.", "type": "string" },
      "sessionSource": {
        "$ref": "#/definitions/SessionSource",
        "description": "How it was decided that this session is meant.",
      },
      "status": {
        "$ref": "#/definitions/SessionStatus",
        "description": "How far the session is.",
      },
      "task": {
        "description": "What is to be done, as given at start.",
        "type": "string",
      },
      "workflow": { "description": "Name of the workflow.", "type": "string" },
      "workflowId": {
        "description":
          "`wf_` and eight hex digits, part of every line of the log. Not the id of the session.",
        "type": "string",
      },
    },
    "required": [
      "active",
      "at",
      "blockers",
      "brief",
      "constraints",
      "items",
      "legacy",
      "name",
      "next",
      "notes",
      "phase",
      "phaseNotes",
      "phases",
      "progress",
      "project",
      "serial",
      "session",
      "sessionSource",
      "status",
      "task",
      "workflow",
      "workflowId",
    ],
    "type": "object",
  },
  "unlock": {
    "additionalProperties": false,
    "properties": {
      "locks": {
        "items": {
          "additionalProperties": false,
          "description": "A lock that is there.",
          "properties": {
            "ageMs": {
              "description": "Milliseconds since then, never negative.",
              "type": ["number", "null"],
            },
            "host": { "type": ["string", "null"] },
            "liveness": {
              "description":
                "Whether the holder still runs, as far as this process can tell.",
              "enum": ["alive", "dead", "unknown"],
              "type": "string",
            },
            "lockedAt": {
              "description": "Instant it was taken at.",
              "type": ["string", "null"],
            },
            "path": { "type": "string" },
            "pid": {
              "description":
                "Process id of the holder; null when the lock cannot be read, as all below.",
              "type": ["number", "null"],
            },
            "purpose": {
              "description": "The command that took it.",
              "type": ["string", "null"],
            },
            "scope": {
              "description":
                "What it guards: one session, or `.orchestrator/` as a whole.",
              "enum": ["session", "repository"],
              "type": "string",
            },
          },
          "required": [
            "scope",
            "path",
            "pid",
            "host",
            "purpose",
            "lockedAt",
            "ageMs",
            "liveness",
          ],
          "type": "object",
        },
        "type": "array",
      },
      "removed": {
        "description": "Whether they were removed.",
        "type": "boolean",
      },
    },
    "required": ["locks", "removed"],
    "type": "object",
  },
  "validate": {
    "additionalProperties": false,
    "properties": {
      "items": {
        "description": "How many items all its phases have.",
        "type": "number",
      },
      "name": {
        "description": "What the workflow is called; shown to people.",
        "type": "string",
      },
      "path": {
        "description":
          "The file, absolute; null when there is none and the bundled workflow was checked.",
        "type": ["string", "null"],
      },
      "phases": { "description": "How many phases it has.", "type": "number" },
      "problems": {
        "description":
          "What is doubtful in it, in the order of the file; at most 20, none of severity `error`.",
        "items": { "$ref": "#/definitions/Problem" },
        "type": "array",
      },
      "version": {
        "description": "The author's own numbering, any text.",
        "type": "string",
      },
    },
    "required": ["path", "name", "version", "phases", "items", "problems"],
    "type": "object",
  },
  "verify-write-allowed": {
    "additionalProperties": false,
    "properties": {
      "active": {
        "description": "Whether there is an open session at all.",
        "type": "boolean",
      },
      "phase": {
        "description": "Its phase; null without one.",
        "type": ["string", "null"],
      },
    },
    "required": ["active", "phase"],
    "type": "object",
  },
  "version": {
    "additionalProperties": false,
    "description":
      "What is running: for bug reports and for programs that need a minimum version.",
    "properties": {
      "runtime": {
        "description": "The JavaScript runtime with its version.",
        "type": "string",
      },
      "version": { "type": "string" },
    },
    "required": ["version", "runtime"],
    "type": "object",
  },
};
