/** Artifacts as `artifacts/{task_id}/{name}`. */
import { type Disk, NotARegularFile } from "../disk/disk.ts";
import type { Flusher } from "../disk/flusher.ts";
import type { Layout } from "../disk/layout.ts";
import { publish } from "../disk/publish.ts";
import { assertArtifactName, isArtifactName } from "./artifact_name.ts";
import type { Artifacts } from "./artifacts.ts";

const MAX_BYTES = 1024 * 1024 * 1024;

export class FileArtifacts implements Artifacts {
  constructor(
    private readonly context: {
      readonly disk: Disk;
      readonly flusher: Flusher;
      readonly layout: Layout;
    },
  ) {}

  async write(task_id: string, name: string, bytes: Uint8Array): Promise<string> {
    const { disk, flusher, layout } = this.context;
    assertArtifactName(name);
    const directory = this.#directory(task_id);
    const there = await disk.stat(directory);
    if (there !== undefined && there.kind !== "directory") {
      throw new Error(`cannot keep an artifact: "${directory}" is no directory; move it away`);
    }
    if (await disk.makeDirectory(directory)) await flusher.directory(layout.artifacts);
    const temporary = layout.temporary(task_id);
    await publish(this.context, temporary, `${directory}/${name}`, directory, bytes);
    return name;
  }

  async list(task_id: string): Promise<string[]> {
    if (!await this.#isThere(task_id)) return [];
    const entries = await this.context.disk.list(this.#directory(task_id)) ?? [];
    return entries.filter((entry) => entry.kind === "file").map((entry) => entry.name).sort();
  }

  /** Removes all that a task has. Durable when it resolves. */
  async remove(task_id: string): Promise<void> {
    const { disk, flusher, layout } = this.context;
    const directory = this.#directory(task_id);
    if (await this.#isThere(task_id)) {
      for (const { name, kind } of await disk.list(directory) ?? []) {
        // A directory is none of ours: somebody made it there, and keeps it.
        if (kind !== "directory") await disk.unlink(`${directory}/${name}`);
      }
      await disk.removeDirectory(directory);
    } else await disk.unlink(directory);
    await flusher.directory(layout.artifacts);
  }

  async size(task_id: string, name: string): Promise<number | undefined> {
    if (!isArtifactName(name) || !await this.#isThere(task_id)) return undefined;
    const info = await this.context.disk.stat(this.#path(task_id, name));
    return info?.kind === "file" ? info.size : undefined;
  }

  async read(
    task_id: string,
    name: string,
    limit: number = MAX_BYTES,
  ): Promise<Uint8Array | undefined> {
    if (!isArtifactName(name) || !await this.#isThere(task_id)) return undefined;
    try {
      const file = await this.context.disk.open(this.#path(task_id, name), "read");
      try {
        return await file?.read(limit);
      } finally {
        file?.close();
      }
    } catch (error) {
      if (error instanceof NotARegularFile) return undefined;
      throw error;
    }
  }

  // A link in its place would lead all of this out of the tree.
  async #isThere(task_id: string): Promise<boolean> {
    return (await this.context.disk.stat(this.#directory(task_id)))?.kind === "directory";
  }

  #directory(task_id: string): string {
    return `${this.context.layout.artifacts}/${task_id}`;
  }

  #path(task_id: string, name: string): string {
    return `${this.#directory(task_id)}/${name}`;
  }
}
