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
  const started = works.map((work) => work());
  const values: unknown[] = [];
  const failures: unknown[] = [];
  for (const one of started) {
    await one.then(
      (value) => values.push(value),
      (error: unknown) => failures.push(error),
    );
  }
  if (failures.length > 0) throw failures[0];
  return values;
}
