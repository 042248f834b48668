import { shortSessionId } from "../base/ids.ts";
import { type Renamed, renameSession } from "../sessions/rename_session.ts";
import { command, sessionOptions } from "./command.ts";

/** `orc session rename` */
export const sessionRenameCommand = command<
  Omit<Renamed, "place" | "warnings">
>(
  {
    name: "session rename",
    summary: "Give a session a name",
    description:
      "Gives a session a name that is shown with its task. Its id stays, and so does everything that refers to it. A closed session can be named too.",
    args: [
      {
        name: "ID",
        summary: "Id of the session; a unique prefix will do",
        required: true,
        values: "session",
      },
      { name: "NAME", summary: "1 to 80 characters", required: true },
    ],
    flags: [],
    effect: "writes",
    permissions: [],
    examples: ['orc session rename 01k9 "Login, second try"'],
    async run(host, values) {
      const { place, warnings, ...result } = await renameSession(host, {
        ...sessionOptions(values, "session rename"),
        id: values.need("ID"),
        name: values.need("NAME"),
      });
      return { place, warnings, result };
    },
    render: ({ session, name }) =>
      `Session ${shortSessionId(session)} is now called ${name}`,
  },
);
