/** The share of traffic per cloud: an integer from 0 to 100 for every known cloud, 100 together. */
export type Weights = Readonly<Record<string, number>>;

/**
 * Says what is wrong with weights, or null when they are right. Every known cloud must be named: an omission would be
 * a silent 0.
 */
export function problemOfWeights(weights: Weights, clouds: readonly string[]): string | null {
  const problems: string[] = [];
  for (const name of Object.keys(weights)) {
    if (!clouds.includes(name))
      problems.push(`${JSON.stringify(name)} is no known cloud (${clouds.join(", ")})`);
  }
  for (const cloud of clouds) {
    const weight = Object.hasOwn(weights, cloud) ? weights[cloud] : undefined;
    if (weight === undefined) problems.push(`${cloud} is missing (0 means no traffic)`);
    else if (!Number.isInteger(weight) || weight < 0 || weight > 100)
      problems.push(`${cloud}: ${weight} is no integer from 0 to 100`);
  }
  if (problems.length > 0) return problems.join("; ");
  const sum = clouds.reduce((total, cloud) => total + (weights[cloud] ?? 0), 0);
  return sum === 100 ? null : `the weights sum to ${sum}, not 100`;
}

export function sameWeights(a: Weights, b: Weights): boolean {
  const names = new Set([...Object.keys(a), ...Object.keys(b)]);
  return [...names].every((name) => (a[name] ?? 0) === (b[name] ?? 0));
}
