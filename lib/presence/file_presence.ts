/** Live services as `services/{service_id}.json`: alive is who holds the lock on its file. */
import { getLogger } from "@logtape/logtape";
import { type Disk, NotARegularFile } from "../disk/disk.ts";
import type { Flusher } from "../disk/flusher.ts";
import type { Layout } from "../disk/layout.ts";
import { giveName, writeTemporary } from "../disk/publish.ts";
import { isId } from "../task/id.ts";
import { encodeObject, parseObject } from "../task/json.ts";
import { MoveRefused, whyRefused } from "../task/move_mark.ts";
import { parseServiceRecord, type ServiceRecord } from "../task/service_record.ts";
import { findMoveMark } from "./file_move_mark.ts";
import type { Announced, Presence } from "./presence.ts";

const log = getLogger(["bts", "presence"]);
const MAX_BYTES = 4 * 1024 * 1024;

export class FilePresence implements Presence {
  constructor(
    private readonly context: {
      readonly disk: Disk;
      readonly flusher: Flusher;
      readonly layout: Layout;
    },
  ) {}

  async announce(record: ServiceRecord): Promise<Announced> {
    const { disk, layout } = this.context;
    await this.#sweep();
    const temporary = layout.temporary(record.service_id);
    const bytes = encodeObject(record);
    const file = await writeTemporary(this.context, temporary, bytes);
    const path = `${layout.services}/${record.service_id}.json`;
    // Locked before it is named: nobody can ever see it without its lock.
    await file.tryLock("exclusive");
    try {
      await giveName(disk, temporary, path);
    } catch (error) {
      file.close();
      throw error;
    }
    const withdraw = async () => {
      await disk.unlink(path);
      file.close();
    };
    // Announced first: a move sets its mark and then looks for services, so one of the two sees the
    // other, whoever is faster.
    let moving;
    try {
      moving = await findMoveMark(disk, layout);
    } catch (error) {
      await withdraw();
      throw error;
    }
    // The kernel keeps the lock as long as this process lives.
    if (moving === undefined) return { withdraw, refused: new AbortController().signal };
    await withdraw();
    throw new MoveRefused(whyRefused(`start a service on "${layout.root}"`, moving));
  }

  async live(): Promise<ServiceRecord[]> {
    const records: ServiceRecord[] = [];
    for (const path of await this.#paths()) {
      const record = await this.#probe(path);
      if (record !== undefined) records.push(record);
    }
    return records.sort((a, b) => a.started_at < b.started_at ? -1 : 1);
  }

  async hasOthers(service_id: string): Promise<boolean> {
    const own = `${this.context.layout.services}/${service_id}.json`;
    for (const path of await this.#paths()) {
      if (path !== own && await this.#isHeld(path)) return true;
    }
    return false;
  }

  watch(onChange: () => void): { close(): void } {
    const { disk, layout } = this.context;
    return disk.watch(layout.services, () => onChange(), { ours: true });
  }

  async #isHeld(path: string): Promise<boolean> {
    let file;
    try {
      file = await this.context.disk.open(path, "read");
      return file !== undefined && !await file.tryLock("shared");
    } catch (error) {
      // What is no regular file is no service's.
      if (error instanceof NotARegularFile) return false;
      throw error;
    } finally {
      file?.close();
    }
  }

  async #paths(): Promise<string[]> {
    const { disk, layout } = this.context;
    const entries = await disk.list(layout.services) ?? [];
    return entries
      .filter(({ name }) => name.endsWith(".json") && isId(name.slice(0, -5)))
      .map(({ name }) => `${layout.services}/${name}`);
  }

  async #probe(path: string): Promise<ServiceRecord | undefined> {
    let file;
    try {
      file = await this.context.disk.open(path, "read");
      // Shared: two exclusive probes of a dead service would each see the other as its life.
      if (file === undefined || await file.tryLock("shared")) return undefined;
      const record = parseServiceRecord(parseObject(await file.read(MAX_BYTES)));
      if (record === undefined) log.warning`${path} is skipped: a field is missing or wrong`;
      return record;
    } catch (error) {
      log.warning`${path} is skipped: ${error instanceof Error ? error.message : error}`;
      return undefined;
    } finally {
      file?.close();
    }
  }

  // Files of services that were killed. Ids are never used again, so nobody can be meant by mistake.
  async #sweep(): Promise<void> {
    for (const path of await this.#paths()) {
      let file;
      try {
        file = await this.context.disk.open(path, "read");
        if (file !== undefined && await file.tryLock("shared")) {
          await this.context.disk.unlink(path);
        }
      } catch (error) {
        log.warning`${path} is left: ${error instanceof Error ? error.message : error}`;
      } finally {
        file?.close();
      }
    }
  }
}
