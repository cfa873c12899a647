// Why: all SQL that pods send for requests, in one place. Texts are built once from our own schemas; what comes from a
// request is only ever a value.

import type { TableName } from "./camtrap-tables.ts";
import { keyColumn, selectList, selectWidth, storedColumns, storedValues } from "./columns.ts";
import type { Row } from "./columns.ts";
import type { Statement } from "./statement-pool.ts";

/** At most `limit` rows whose identifiers come after `after`, in the order of their bytes; "" begins. */
export type Page = { readonly limit: number; readonly after: string };

export function oneOf(table: TableName, id: string): Statement {
  return {
    name: `one of ${table}`,
    text: `select ${selectList(table)} from ${table} where ${keyColumn(table)} = $1`,
    values: [id],
  };
}

export function pageOf(table: TableName, { limit, after }: Page): Statement {
  const key = keyColumn(table);
  return {
    name: `page of ${table}`,
    text: `select ${selectList(table)} from ${table} where ${key} > $1 order by ${key} limit $2`,
    values: [after, limit],
  };
}

/** A page of the observations of one deployment. */
export function pageOfDeployment(deployment: string, { limit, after }: Page): Statement {
  const key = keyColumn("observations");
  return {
    name: "page of a deployment",
    text: `select ${selectList("observations")} from observations
      where deployment_id = $1 and ${key} > $2 order by ${key} limit $3`,
    values: [deployment, after, limit],
  };
}

/** An observation with its identifier, and what it is recorded under. */
export type KeyedObservation = { readonly row: Row; readonly key: string; readonly bodyDigest: Buffer };

const columns = [...storedColumns("observations"), "key", "body_digest"];
const places = columns.map((_, at) => `$${at + 1}`).join(", ");
// Whether the row is this very one, by its identifier: then it was made by this try or an earlier one of the same
// request. And whether it was made from the same body.
const storeText = `
  insert into observations (${columns.join(", ")}) values (${places})
  on conflict (key) do update set attempts = observations.attempts + 1
  returning ${selectList("observations")},
    ${keyColumn("observations")} = $${columns.indexOf(keyColumn("observations")) + 1} as made_here,
    body_digest = $${columns.length} as same_body`;

/** Inserts the observation, or counts the attempt on the row that is there under its key: either way it writes. */
export function storeObservation({ row, key, bodyDigest }: KeyedObservation): Statement {
  return {
    name: "store an observation",
    text: storeText,
    values: [...storedValues("observations", row), key, bodyDigest],
  };
}

export type StoredObservation = {
  /** As `rowFrom` reads it. */
  readonly cells: readonly unknown[];
  readonly madeHere: boolean;
  readonly sameBody: boolean;
};

/** Reads the row that `storeObservation` answers. */
export function storedObservation(cells: readonly unknown[]): StoredObservation {
  const width = selectWidth("observations");
  return {
    cells: cells.slice(0, width),
    madeHere: cells[width] === true,
    sameBody: cells[width + 1] === true,
  };
}
