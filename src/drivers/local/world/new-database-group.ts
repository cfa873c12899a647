/** A group from nothing: one directory is made and filled, and copied while its server is stopped. */
import { rmSync } from "node:fs";
import { join } from "node:path";
import { markerSchema } from "../agent/database/marker.ts";
import { keptConnection } from "../postgres/connection.ts";
import { coldCopy, initialise, makeFolder } from "../postgres/data-directory.ts";
import { applicationRole, replicationRole, type Secrets, superuserEndpoint } from "../postgres/member.ts";
import { quoteIdentifier, quoteLiteral } from "../postgres/quote.ts";
import { startServer, stopServerCleanly } from "../postgres/server.ts";
import { writeServerSettings } from "../postgres/settings.ts";
import { writeWhole } from "../processes/files.ts";
import { type DatabaseGroup, keeperOf, replicationOf } from "./database-plan.ts";

const statementWithinMs = 10_000;
const stopWithinMs = 15_000;

export async function createGroup(group: DatabaseGroup): Promise<void> {
  const first = group.members[group.firstPrimary];
  if (first === undefined) throw new RangeError(`the group has no member in "${group.firstPrimary}"`);
  const { owner, dataDirectory } = first;
  const passwordFolder = join(group.scratchDir, "initdb");
  makeFolder(passwordFolder, owner);
  try {
    const passwordFile = join(passwordFolder, "password");
    writeWhole(passwordFile, `${group.secrets.superuser.reveal()}\n`, { owner });
    await initialise({ initdb: group.initdb, dataDirectory, passwordFile, owner });
  } finally {
    rmSync(passwordFolder, { recursive: true, force: true });
  }
  writeServerSettings(first, replicationOf(group));
  const keeper = keeperOf(group, first.cloud);
  await startServer(keeper, first, "primary");
  await fill(first.port, first.database, group.secrets);
  if (!(await stopServerCleanly(keeper, stopWithinMs)))
    throw new Error(`the first server did not stop within ${stopWithinMs} ms`);
  for (const member of Object.values(group.members)) {
    if (member.cloud === first.cloud) continue;
    coldCopy(dataDirectory, member.dataDirectory, member.owner);
  }
}

async function fill(port: number, database: string, secrets: Secrets): Promise<void> {
  const named = quoteIdentifier(database);
  const server = keptConnection(superuserEndpoint(port, "postgres", secrets), "wildcam-bring-up");
  const application = quoteIdentifier(applicationRole);
  try {
    await server.query(
      `create role ${application} login password ${quoteLiteral(secrets.application.reveal())}`,
      statementWithinMs,
    );
    const replication = `create role ${quoteIdentifier(replicationRole)} login replication password ${quoteLiteral(secrets.replication.reveal())}`;
    await server.query(replication, statementWithinMs);
    await server.query(`create database ${named} owner ${application} template template0`, statementWithinMs);
  } finally {
    server.close();
  }
  const inside = keptConnection(superuserEndpoint(port, database, secrets), "wildcam-bring-up");
  try {
    for (const statement of markerSchema) await inside.query(statement, statementWithinMs);
  } finally {
    inside.close();
  }
}
