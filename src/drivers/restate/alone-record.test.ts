import { expect, test } from "vitest";
import { aloneRecordContract } from "../../ports/alone-record.contract.ts";
import { aloneObject, restateAloneRecord } from "./alone-record.ts";
import { startTemporaryRestate } from "./testing/temporary-restate.ts";

aloneRecordContract("the durable engine", async () => {
  const restate = await startTemporaryRestate([aloneObject]);
  return { record: restateAloneRecord(restate.ingressUrl), close: () => restate.stop() };
});

test("a record that cannot be read is never guessed", async () => {
  const nowhere = restateAloneRecord("http://127.0.0.1:9");
  await expect(nowhere.read("wildlifedb", AbortSignal.timeout(10_000))).rejects.toMatchObject({
    kind: "retryable",
  });
});
