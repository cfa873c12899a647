/**
 * One connection through a link: the caller's side, and the one onward.
 *
 * 1. Bytes pass as they are, and so does the end of either direction.
 * 2. Once it is silent it never speaks again, in either direction: what either side sends is thrown away, no side is told that
 *    the other has gone, and what has not connected yet never says that it has. Only bytes that the system has been given
 *    before are still on their way.
 * 3. Who gives up a silent passage has its own side closed, so that a long cut does not pile up sockets.
 */
import { connect, type Socket } from "node:net";

const host = "127.0.0.1";
const headMost = 1_024;
const endOfHead = "\r\n\r\n";

export class Passage {
  readonly #sockets = new Set<Socket>();
  readonly #ended: (passage: Passage) => void;
  #silent = false;

  constructor(caller: Socket, target: number | null, ended: (passage: Passage) => void) {
    this.#ended = ended;
    this.#track(caller);
    if (target === null) this.#readHead(caller);
    else this.#goOn(caller, target, { reached: "", refused: "" });
  }

  silence(): void {
    this.#silent = true;
    for (const socket of this.#sockets) socket.resume();
  }

  destroy(): void {
    for (const socket of this.#sockets) socket.destroy();
  }

  #track(socket: Socket): void {
    this.#sockets.add(socket);
    socket.on("error", () => socket.destroy());
    socket.on("end", () => {
      if (this.#silent) socket.destroy();
    });
    socket.once("close", () => {
      this.#sockets.delete(socket);
      if (this.#sockets.size === 0) this.#ended(this);
    });
  }

  #readHead(caller: Socket): void {
    let head = Buffer.alloc(0);
    const read = (chunk: Buffer): void => {
      if (this.#silent) return;
      head = Buffer.concat([head, chunk]);
      const end = head.indexOf(endOfHead);
      if (end < 0 && head.length <= headMost) return;
      caller.off("data", read);
      caller.off("end", leave);
      caller.pause();
      const [, port] = /^CONNECT 127\.0\.0\.1:(\d{1,5}) HTTP\/1\.1\r\n/.exec(head.toString("latin1")) ?? [];
      if (end < 0 || port === undefined || Number(port) > 65_535) {
        turnAway(caller, "400 Bad Request");
        return;
      }
      caller.unshift(head.subarray(end + endOfHead.length));
      this.#goOn(caller, Number(port), { reached: "200 OK", refused: "502 Bad Gateway" });
    };
    const leave = (): void => {
      caller.destroy();
    };
    caller.on("data", read);
    caller.on("end", leave);
  }

  #goOn(caller: Socket, port: number, say: { readonly reached: string; readonly refused: string }): void {
    const onward = connect({ host, port, noDelay: true, allowHalfOpen: true });
    this.#track(onward);
    let isReached = false;
    onward.once("connect", () => {
      isReached = true;
      if (this.#silent) return;
      if (say.reached !== "") caller.write(`HTTP/1.1 ${say.reached}${endOfHead}`);
      this.#carry(caller, onward);
      this.#carry(onward, caller);
    });
    onward.once("close", () => {
      if (this.#silent) return;
      if (isReached || say.refused === "") caller.destroySoon();
      else turnAway(caller, say.refused);
    });
    caller.once("close", () => {
      if (!this.#silent) onward.destroySoon();
    });
  }

  #carry(from: Socket, to: Socket): void {
    from.on("data", (chunk: Buffer) => {
      if (!this.#silent && !to.write(chunk)) from.pause();
    });
    to.on("drain", () => from.resume());
    from.on("end", () => {
      if (!this.#silent) to.end();
    });
    from.resume();
  }
}

/** Read on, so that its own end is noticed. */
function turnAway(caller: Socket, status: string): void {
  caller.end(`HTTP/1.1 ${status}${endOfHead}`);
  caller.resume();
}
