import { expect, test } from "vitest";
import { parseNodes, parseNodesets } from "./cluster-control.ts";

/** As the tool prints it. */
const LIST = `Node Configuration (v14)
 NODE  GEN  NAME   ADDRESS                  ROLES                                       LOCATION    STORAGE-STATE  WORKER-STATE  UPTIME      STATUS
 N1    2    aws    http://127.0.0.1:27101/  admin | http-ingress | log-server | worker  aws.zone    read-write     active        14 seconds  Alive
 N3    2    gcp    http://127.0.0.1:27103/  admin | http-ingress | log-server | worker  gcp.zone    data-loss      active        N/A         Unknown
`;

test("nodes are read by the heads of their columns, with what became of their disks", () => {
  expect(parseNodes(LIST)).toEqual([
    { id: "N1", name: "aws", storage: "read-write" },
    { id: "N3", name: "gcp", storage: "data-loss" },
  ]);
});

test("the nodes that each log is written to are read, and nothing else is taken for a log", () => {
  const list = `Logs v11
└ Logs Provider: replicated
 ├ Log replication: {node: 2, region: 2}
 L-ID  SEGMENTS  FROM  KIND        LOGLET-ID  REPLICATION           SEQUENCER  NODESET
 0     1         1     replicated  0_0        {node: 2, region: 2}  N1:2       [N1, N2, N3]
 1     2         5     replicated  1_2        {node: 2, region: 2}  N2:1       [N1, N2, N12]
`;
  expect(parseNodesets(list)).toEqual([
    ["N1", "N2", "N3"],
    ["N1", "N2", "N12"],
  ]);
  expect(() => parseNodesets("Logs v11\n")).toThrow("lists no logs");
});

test("what is no list has no nodes", () => {
  expect(parseNodes("The cluster appears to not be provisioned.\n")).toEqual([]);
});
