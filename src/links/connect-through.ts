/**
 * A connection to 127.0.0.1 that goes through a link (`src/drivers/local/links/`), for undici's `connect`: the link is asked by
 * CONNECT, as any proxy is, and then is the way itself.
 *
 * 1. Who is not there refuses through the link as well: callers tell that from silence.
 * 2. A link that is cut takes the connection and says nothing. The time to connect is bounded here, since undici's is not asked.
 */
import { connect, type Socket } from "node:net";

type Asked = { readonly hostname: string; readonly port: string };
type Answer = (...answer: [null, Socket] | [Error, null]) => void;

export function connectThrough(linkPort: number, withinMs: number): (asked: Asked, answer: Answer) => void {
  return ({ hostname, port }, answer) => {
    const socket = connect({ host: "127.0.0.1", port: linkPort, noDelay: true, keepAlive: true });
    const at = `${hostname}:${port}`;
    let head = "";
    const over = (error: Error | null): void => {
      clearTimeout(late);
      socket.off("readable", read);
      socket.off("error", over);
      socket.off("close", closed);
      if (error === null) return answer(null, socket);
      // Whatever it still has to say is of no interest.
      socket.on("error", () => undefined);
      socket.destroy();
      answer(error, null);
    };
    const closed = (): void => over(coded("ECONNRESET", `the link to ${at} ended`));
    const late = setTimeout(() => {
      over(coded("UND_ERR_CONNECT_TIMEOUT", `no way to ${at} within ${withinMs} ms`));
    }, withinMs);
    function read(): void {
      head += allOf(socket);
      const end = head.indexOf(endOfHead);
      if (end < 0) return;
      const rest = head.slice(end + endOfHead.length);
      if (rest !== "") socket.unshift(Buffer.from(rest, "latin1"));
      over(head.startsWith("HTTP/1.1 200 ") ? null : coded("ECONNREFUSED", `connect ECONNREFUSED ${at}`));
    }
    socket.on("readable", read);
    socket.on("error", over);
    socket.on("close", closed);
    socket.write(`CONNECT ${at} HTTP/1.1\r\nhost: ${at}${endOfHead}`);
  };
}

const endOfHead = "\r\n\r\n";

/** To the last: who reads on is told only of what comes after. */
function allOf(socket: Socket): string {
  for (let text = ""; ; ) {
    const chunk: unknown = socket.read();
    if (!Buffer.isBuffer(chunk)) return text;
    text += chunk.toString("latin1");
  }
}

function coded(code: string, message: string): Error {
  return Object.assign(new Error(message), { code });
}
