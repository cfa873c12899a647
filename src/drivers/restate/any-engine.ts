/**
 * Asks the engine at the first of several addresses that answers: this member's own first, another member's while that one is
 * down. What may be asked twice is asked again after any failure of the connection; what may not, only where nobody
 * listened, since nothing can have been received there.
 */
export async function anyEngine<T>(
  { urls, twice }: { readonly urls: readonly string[]; readonly twice: boolean },
  ask: (url: string) => Promise<T>,
): Promise<T> {
  const [url, ...others] = urls;
  if (url === undefined) throw new RangeError("the durable engine has no address");
  try {
    return await ask(url);
  } catch (error) {
    if (others.length === 0 || !mayGoOn(error, twice)) throw error;
    return await anyEngine({ urls: others, twice }, ask);
  }
}

function mayGoOn(error: unknown, twice: boolean): boolean {
  if (!(error instanceof Error)) return false;
  const isRefused = "code" in error && error.code === "ECONNREFUSED";
  // Whose time is over has none left for another address.
  const isLate = error.name === "TimeoutError" || error.name === "AbortError";
  return isRefused || (twice && !isLate);
}
