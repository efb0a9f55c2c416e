/**
 * What presence owes wherever it is kept: run by each engine's test file.
 *
 * Not in it, since only one engine has it: that a killed service is gone at once, and what lies in
 * `services/` that is no service's (files); that a record expires, and is renewed (Redis).
 */
import { assertEquals } from "@std/assert";
import type { Presence } from "../../../lib/presence/presence.ts";
import { soon } from "../../support/eventually.ts";
import { type Declare, declareTest } from "../../support/redis_server.ts";

/** The services of one place, as two processes see them. */
export interface PresenceUnderTest {
  readonly one: Presence;
  readonly other: Presence;
}

export type WithPresence = (test: (parts: PresenceUnderTest) => Promise<void>) => Promise<void>;

export const record = (service_id: string, minute = 0) => ({
  version: 1,
  service_id,
  pid: Deno.pid,
  host: "here",
  started_at: new Date(Date.UTC(2026, 0, 1, 0, minute)).toISOString(),
  concurrency: 4,
  model: "m",
  tools: [{
    name: "t",
    permissions: { net: ["a.example"] },
    effects: "none" as const,
    enabled: true,
    reason: null,
  }],
});

export const serviceIds = async (presence: Presence) =>
  (await presence.live()).map(({ service_id }) => service_id);

/** Declares the tests of the whole contract for one engine. */
export function testPresenceContract(
  engine: string,
  withPresence: WithPresence,
  declare: Declare = declareTest,
): void {
  const test = (name: string, body: Parameters<WithPresence>[0]) =>
    declare(`${engine}: ${name}`, () => withPresence(body));

  test("live() gives those that are announced, oldest first, until they withdraw", async ({ one, other }) => {
    assertEquals(await one.live(), []);
    const b = await other.announce(record("b", 1));
    const a = await one.announce(record("a", 0));
    assertEquals(await serviceIds(other), ["a", "b"]);
    assertEquals(await one.live(), [record("a", 0), record("b", 1)]);
    await a.withdraw();
    assertEquals(await serviceIds(one), ["b"]);
    await b.withdraw();
    assertEquals(await other.live(), []);
  });

  test("hasOthers() sees another live service, and not itself", async ({ one, other }) => {
    assertEquals(await one.hasOthers("a"), false);
    const a = await one.announce(record("a"));
    assertEquals(await one.hasOthers("a"), false);
    assertEquals(await other.hasOthers("b"), true);
    const b = await other.announce(record("b"));
    assertEquals(await one.hasOthers("a"), true);
    await b.withdraw();
    assertEquals(await one.hasOthers("a"), false);
    await a.withdraw();
  });

  test("watch() tells that a service has come", async ({ one, other }) => {
    const { promise, resolve } = Promise.withResolvers<void>();
    const watch = one.watch(resolve);
    const { withdraw } = await other.announce(record("a"));
    await soon("a sign of the service", promise);
    await withdraw();
    watch.close();
  });
}
