/** People over the API: who there is, somebody new, somebody who comes no more. */
import type { FastifyInstance } from "fastify";
import type { Registry } from "../people.ts";
import { requireRole } from "../identity.ts";
import { viewerOf } from "./callers.ts";
import { parseRequest, personParameters, personRequest } from "./requests.ts";

export function addPeopleRoutes(app: FastifyInstance, people: Registry): void {
  app.get("/v1/people", async (request) => {
    viewerOf(request);
    return { people: people.list() };
  });
  app.post("/v1/people", async (request, reply) => {
    const caller = viewerOf(request);
    requireRole(caller, "admin");
    const person = parseRequest(personRequest, request.body);
    await people.add(person, caller);
    const added = people.list().find(({ name }) => name === person.name);
    return reply.status(201).send({ person: added });
  });
  app.post("/v1/people/:name/revocation", async (request) => {
    const caller = viewerOf(request);
    requireRole(caller, "admin");
    const { name } = parseRequest(personParameters, request.params);
    await people.revoke(name, caller);
    return { ok: true };
  });
}
