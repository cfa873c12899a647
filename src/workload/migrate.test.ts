import { afterAll, beforeAll, expect, test } from "vitest";
import { migrate, MigrationRefused } from "./migrate.ts";
import { temporaryPostgres } from "./testing/temporary-postgres.ts";
import type { TemporaryPostgres } from "./testing/temporary-postgres.ts";

let postgres: TemporaryPostgres;
beforeAll(async () => {
  postgres = await temporaryPostgres();
});
afterAll(() => postgres?.dispose());

test("migrations run once, also when two run at the same time and when a superuser runs them", async () => {
  const both = await Promise.all([migrate(postgres.primary.url), migrate(postgres.primary.adminUrl)]);
  const applied = both.flatMap((migrated) => migrated.applied);
  expect(applied).toEqual(["0001-camera-trap-data.sql", "0002-idempotency-keys.sql"]);
  expect(await migrate(postgres.primary.url)).toEqual({ applied: [], found: applied });
});

test("all that they make is the application role's", async () => {
  const owners = await postgres.primary.query(
    "select distinct pg_get_userbyid(relowner) as owner from pg_class where relnamespace = 'public'::regnamespace",
  );
  expect(owners).toEqual([{ owner: "wildcam_app" }]);
});

test("a migration that is not what was applied is refused, with nothing changed", async () => {
  await postgres.primary.query("update schema_migrations set digest = 'another' where name like '0002%'");
  await postgres.primary.query("delete from schema_migrations where name like '0001%'");
  await expect(migrate(postgres.primary.url)).rejects.toThrow(/already exists/);
  await postgres.primary.query(
    "insert into schema_migrations (name, digest) select '0001-camera-trap-data.sql', 'x'",
  );
  await expect(migrate(postgres.primary.url)).rejects.toThrow(MigrationRefused);
});

test("without the application role it is said what to do", async () => {
  await postgres.primary.query("alter role wildcam_app rename to somebody_else");
  await expect(migrate(postgres.primary.adminUrl)).rejects.toThrow(
    "The role wildcam_app does not exist. Create it",
  );
});
