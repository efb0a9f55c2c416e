import { dirname } from "@std/path";
import type { DiskFile } from "../disk/disk.ts";
import { giveName, type PublishContext, writeTemporary } from "../disk/publish.ts";
import type { Layout } from "../disk/layout.ts";
import { findMoveMark } from "../presence/file_move_mark.ts";
import { hold } from "../queue/file/held_file.ts";
import { encodeObject } from "../task/json.ts";
import type { FoundMark, MoveMark } from "../task/move_mark.ts";
import type { PlaceMark } from "./task_store.ts";

/** The mark of a move in a directory: a file that is locked before it gets its name. */
export class FileMark implements PlaceMark {
  /** The kernel keeps the lock as long as this process lives. */
  readonly lost = new AbortController().signal;
  #file: DiskFile | undefined;

  constructor(private readonly context: PublishContext & { readonly layout: Layout }) {}

  find(): Promise<FoundMark | undefined> {
    return findMoveMark(this.context.disk, this.context.layout);
  }

  // The kernel knows at once whether a process is gone.
  watch(): Promise<FoundMark | undefined> {
    return this.find();
  }

  async set(mark: MoveMark): Promise<boolean> {
    const { disk, flusher, layout } = this.context;
    const temporary = layout.temporary("moving");
    const file = await writeTemporary(this.context, temporary, encodeObject(mark));
    await file.tryLock("exclusive");
    let named = false;
    try {
      named = await disk.link(temporary, layout.moving) || await this.#replace(temporary);
    } finally {
      await disk.unlink(temporary);
      if (!named) file.close();
    }
    if (!named) return false;
    this.#file = file;
    await flusher.directory(dirname(layout.moving));
    return true;
  }

  // Lock, then look: whoever holds the old file is the only one who may put another in its place.
  async #replace(temporary: string): Promise<boolean> {
    const { disk, layout } = this.context;
    const old = await hold(disk, layout.moving);
    if (old.kind !== "ok") return false;
    try {
      await giveName(disk, temporary, layout.moving);
      return true;
    } finally {
      old.held.file.close();
    }
  }

  async release({ remove }: { readonly remove: boolean }): Promise<void> {
    const { disk, flusher, layout } = this.context;
    if (this.#file === undefined) return;
    if (remove) {
      await disk.unlink(layout.moving);
      await flusher.directory(dirname(layout.moving));
    }
    this.#file.close();
    this.#file = undefined;
  }
}
