import { expect, test } from "vitest";
import { parseNodes, parseNodesets, parseProcessors, parseVoices } from "./cluster-control.ts";

/** As the tool prints it. */
const LIST = `Node Configuration (v14)
 NODE  GEN  NAME   ADDRESS                  ROLES                                       LOCATION    STORAGE-STATE  WORKER-STATE  UPTIME      STATUS
 N1    2    aws    http://127.0.0.1:27101/  admin | http-ingress | log-server | worker  aws.zone    read-write     active        14 seconds  Alive
 N3    2    gcp    http://127.0.0.1:27103/  admin | http-ingress | log-server | worker  gcp.zone    data-loss      active        N/A         Unknown
`;

test("nodes are read by the heads of their columns, with what became of their disks", () => {
  expect(parseNodes(LIST)).toEqual([
    { id: "N1", name: "aws", storage: "read-write", worker: "active" },
    { id: "N3", name: "gcp", storage: "data-loss", worker: "active" },
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

test("whoever has a voice is read from what any of them tells, and an unreachable one tells nothing", () => {
  const list = `Metadata service
 NODE  STATUS  VERSION  LEADER  MEMBERS     APPLIED  COMMITTED  TERM  LOG-LENGTH  SNAP-INDEX  SNAP-SIZE
 N1    Member  v5       N1      [N1,N2]     47       48         2     0           48          8.1 KiB
 N2    Member  v6       N1      [N1,N2,N4]  47       48         2     0           48          8.1 KiB

 NODE  REASON
 N3    code: 'Unknown error', message: "Node is unreachable", source: NodeUnreachable
`;
  expect(parseVoices(list)).toEqual(["N1", "N2", "N4"]);
  expect(() => parseVoices("Metadata service\n")).toThrow("lists no metadata servers");
});

test("who has applied which partition is read, and who is still catching up", () => {
  const list = `Alive partition processors (nodes config v20, partition table v1)
 ID  NODE  MODE               STATUS             EPOCH  APPLIED  DURABLE  ARCHIVED  LSN-LAG  SCHEMA  RULE-BOOK
 0   N1:2  Leader             Active             e2     253      0        -         33       v1      -
 0   N2:3  Follower           Catching Up (863)  e3     219      0        -         643      v1      -
 1   N4:1  Candidate->Leader  Catching Up (137)  e8     89       0        -         47       v1      -

☠️ Dead nodes
 NODE  LAST-SEEN
 N3    11 seconds and 528 ms ago
`;
  expect(parseProcessors(list)).toEqual([
    { partition: "0", node: "N1", status: "Active" },
    { partition: "0", node: "N2", status: "Catching Up (863)" },
    { partition: "1", node: "N4", status: "Catching Up (137)" },
  ]);
  expect(() => parseProcessors("☠️ Dead nodes\n")).toThrow("lists no partitions");
});

test("what is no list has no nodes", () => {
  expect(parseNodes("The cluster appears to not be provisioned.\n")).toEqual([]);
});
