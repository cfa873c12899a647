/** The data that a drill's clients read and add to. */
import { join } from "node:path";
import { generatePackage, observationBody } from "../workload/generate.ts";
import { loadPackage } from "../workload/load.ts";
import { withClient } from "./records.ts";
import { primaryUrlOf, type Scene } from "./scene.ts";
import { WRITERS_TABLE } from "./writers.ts";

const BODIES = 200;

export async function loadData({ options, scratch, status, say }: Scene): Promise<void> {
  const databaseUrl = primaryUrlOf(status);
  const directory = options.data ?? join(scratch, "package");
  if (options.data === null) {
    await generatePackage({ directory, seed: options.seed, deployments: 4, media: 400, observations: 600 });
  }
  const { name, tables } = await loadPackage({ directory, databaseUrl });
  const counts = Object.entries(tables).map(([table, { rows }]) => `${rows} ${table}`);
  say(`loaded ${name}: ${counts.join(", ")}`);
  await withClient(databaseUrl, async (client) => void (await client.query(WRITERS_TABLE)));
}

export type Reading = {
  /** Lists and single rows of what was loaded. */
  readonly paths: string[];
  readonly bodies: Record<string, string | number | boolean | null>[];
};

export async function whatToRead({ options, status }: Scene): Promise<Reading> {
  return await withClient(primaryUrlOf(status), async (client) => {
    const ids = async (query: string) => (await client.query<{ id: string }>(query)).rows.map(({ id }) => id);
    const observations = await ids("select observation_id as id from observations order by 1 limit 50");
    const deployments = await ids("select deployment_id as id from deployments order by 1 limit 20");
    const paths = observations
      .map(encodeURIComponent)
      .flatMap((id) => [`/observations/${id}`, `/observations?limit=5&after=${id}`]);
    const bodies = Array.from({ length: BODIES }, (_, n) =>
      plain(observationBody(options.seed, n, deployments)),
    );
    return { paths: ["/deployments", ...paths], bodies };
  });
}

function plain(body: ReturnType<typeof observationBody>): Reading["bodies"][number] {
  const fields: Reading["bodies"][number] = {};
  for (const [name, value] of Object.entries(body)) if (value !== undefined) fields[name] = value;
  return fields;
}
