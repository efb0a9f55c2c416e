import { taskIdOf } from "../../../lib/redis/job_id.ts";
import { RedisKeys } from "../../../lib/redis/keys.ts";
import type { RedisClient } from "../../../lib/redis/redis_client.ts";
import { canonical, type Contents, digest } from "./contents.ts";

const SETS = {
  delayed: "pending",
  prioritized: "pending",
  completed: "completed",
  failed: "failed",
};
const LISTS = { active: "running", wait: "pending" };
/** BullMQ's own, and what is only there for a while. */
const NO_TASKS =
  /:tasks:(meta|id|events|marker|pc|stalled-check|completed|failed|prioritized|delayed|active|wait)$/;

/** What of tasks is on a server, in the form in which a directory of them compares. */
export async function contentsOfRedis(client: RedisClient, prefix = "bts"): Promise<Contents> {
  const reader = new Reader(client, new RedisKeys(prefix));
  await reader.jobs();
  await reader.rest();
  return reader.contents;
}

class Reader {
  readonly contents: Contents = new Map();
  readonly #known = new Set<string>();

  constructor(private readonly client: RedisClient, private readonly keys: RedisKeys) {}

  async jobs(): Promise<void> {
    for (const [name, state] of Object.entries(LISTS)) {
      for (const id of await this.client.lrange(this.keys.state(name), 0, -1)) {
        await this.#job(state, id);
      }
    }
    for (const [name, state] of Object.entries(SETS)) {
      for (const id of await this.client.zrange(this.keys.state(name), 0, -1)) {
        await this.#job(state, id);
      }
    }
  }

  async #job(state: string, job_id: string): Promise<void> {
    const id = taskIdOf(job_id);
    const data = await this.client.hgetBuffer(this.keys.job(job_id), "data");
    this.#put(`tasks/${state}/${id}.json`, data === null ? "gone" : canonical(data));
    this.#known.add(this.keys.job(job_id));
  }

  #put(name: string, content: string): void {
    // In two states at once.
    this.contents.set(this.contents.has(name) ? `${name} again` : name, content);
  }

  async rest(): Promise<void> {
    const { prefix } = this.keys;
    for (const key of await this.client.keys(`${prefix.replace(/[[\]]/g, "\\$&")}:*`)) {
      if (this.#known.has(key) || NO_TASKS.test(key)) continue;
      const [, kind = "", id = ""] = key.slice(prefix.length).split(":");
      await this.#belonging(key, kind, id);
    }
  }

  async #belonging(key: string, kind: string, id: string): Promise<void> {
    const { client } = this;
    if (kind === "journal") {
      const lines = await client.lrange(key, 0, -1);
      this.#put(`journal/${id}.jsonl`, lines.map((line) => `${line}\n`).join(""));
    } else if (kind === "artifacts") {
      for (const [name, bytes] of Object.entries(await client.hgetallBuffer(key))) {
        this.#put(`artifacts/${id}/${name}`, digest(bytes));
      }
    } else if (kind === "cancel") {
      this.#put(`control/cancel/${id}`, canonical(await client.getBuffer(key) ?? new Uint8Array()));
    } else if (kind === "original") {
      const bytes = await client.getBuffer(key) ?? new Uint8Array();
      this.#put(`tasks/failed/${id}.original`, digest(bytes));
    } else if (kind === "told") {
      for (const [name, told] of Object.entries(await client.hgetall(key))) {
        await this.#notification(id, name, told);
      }
    } else if (kind === "unread") {
      const told = await client.hvals(this.keys.told(id));
      for (const [entry] of await client.xrange(key, "-", "+")) {
        if (!told.includes(entry)) this.#put(`${key} ${entry}`, "told by nobody");
      }
    } else if (kind !== "retrying") this.#put(key, "unknown");
  }

  async #notification(conversation: string, name: string, told: string): Promise<void> {
    const read = told.startsWith("{");
    const [entry] = read
      ? []
      : await this.client.xrange(this.keys.unread(conversation), told, told);
    const text = read ? told : entry?.[1][1] ?? "";
    const place = read ? `${conversation}/read` : conversation;
    this.#put(`notifications/${place}/${name}.json`, canonical(new TextEncoder().encode(text)));
  }
}
