/**
 * Bytes of a feed as text. A byte order mark says how they are meant; without one, where the first character's zero is, since
 * what comes is JSON or XML and begins with a character of ASCII. Throws where they are no text.
 */
export function decode(bytes: Uint8Array): string {
  try {
    return new TextDecoder(encodingOf(bytes), { fatal: true }).decode(bytes);
  } catch {
    throw new Error("it is no text");
  }
}

function encodingOf([first, second]: Uint8Array): string {
  if (first === 0xff && second === 0xfe) return "utf-16le";
  if (first === 0xfe && second === 0xff) return "utf-16be";
  if (first === 0) return "utf-16be";
  return second === 0 ? "utf-16le" : "utf-8";
}
