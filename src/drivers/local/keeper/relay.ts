/** The children of a keeper that speak its protocol: a cloud's agent asks for starts and stops like the supervisor does. */
import type { ChildProcess } from "node:child_process";
import { type KeeperEvent, type KeeperReply, type KeeperRequest, keeperRequest } from "./protocol.ts";

export type ConnectedChildren = {
  readonly connect: (child: ChildProcess, answer: (request: KeeperRequest) => Promise<KeeperReply>) => void;
  /** To every child that has asked for something. */
  readonly tell: (event: KeeperEvent) => void;
};

export function connectedChildren(): ConnectedChildren {
  const speaking = new Set<ChildProcess>();
  return {
    connect: (child, answer) => {
      child.on("message", (message) => {
        const request = keeperRequest.safeParse(message);
        // Ending the group is the supervisor's alone.
        if (!request.success || request.data.type === "end") return;
        speaking.add(child);
        void answer(request.data).then((reply) => {
          send(child, reply);
        });
      });
      child.once("exit", () => {
        speaking.delete(child);
      });
    },
    tell: (event) => {
      for (const child of speaking) send(child, event);
    },
  };
}

function send(child: ChildProcess, message: KeeperEvent | KeeperReply): void {
  if (child.connected) child.send(message, () => undefined);
}
