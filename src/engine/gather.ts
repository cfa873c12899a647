/**
 * Work side by side inside one effect, where no journal promise is involved. All of it is waited for, then the first
 * failure is thrown: nothing goes on unseen behind an effect that has answered.
 */
type Started<T extends readonly (() => Promise<unknown>)[]> = {
  -readonly [K in keyof T]: Awaited<ReturnType<T[K]>>;
};

export async function gather<const T extends readonly (() => Promise<unknown>)[]>(
  works: T,
): Promise<Started<T>>;
export async function gather(works: readonly (() => Promise<unknown>)[]): Promise<unknown[]> {
  // Each is listened to from the start: one that fails while an earlier one is still under way would else be a failure that
  // nobody handles, and end the whole process.
  const started = works.map(async (work): Promise<Ended> => {
    try {
      return { ok: true, value: await work() };
    } catch (error) {
      return { ok: false, error };
    }
  });
  const values: unknown[] = [];
  const failures: unknown[] = [];
  for (const one of started) {
    const ended = await one;
    if (ended.ok) values.push(ended.value);
    else failures.push(ended.error);
  }
  if (failures.length > 0) throw failures[0];
  return values;
}

type Ended = { readonly ok: true; readonly value: unknown } | { readonly ok: false; readonly error: unknown };
