/** The upkeep of a directory of tasks. */
import { join } from "@std/path";
import type { Examination, KeptTask, Surroundings, Upkeep } from "../upkeep.ts";
import type { Place } from "./examine_files.ts";

export class FileUpkeep implements Upkeep {
  readonly place: string;
  // lib/cli/tasks/prune_slowly.ts has measured why.
  readonly removes_slowly = true;

  constructor(private readonly where: Place) {
    this.place = where.layout.root;
  }

  warnings(): Promise<readonly string[]> {
    return Promise.resolve([]);
  }

  artifactPath(task_id: string, name: string): string {
    return join(this.where.layout.artifacts, task_id, name);
  }

  originalOf(task_id: string): string {
    return `failed/${task_id}.original`;
  }

  async sizesOf(tasks: readonly KeptTask[]): Promise<readonly number[]> {
    const { disk, layout } = this.where;
    // One list for all of them: to look for what is not there is dear.
    const withArtifacts = new Set(
      (await disk.list(layout.artifacts) ?? []).map(({ name }) => name),
    );
    const sizes: number[] = [];
    for (const { id, state } of tasks) {
      const artifacts = withArtifacts.has(id) ? await this.#artifacts(id) : [];
      sizes.push(
        await this.#size([
          layout.task(state, id),
          join(layout.journal, `${id}.jsonl`),
          ...artifacts,
        ]),
      );
    }
    return sizes;
  }

  async examine(around: Surroundings): Promise<Examination> {
    // Loaded by the doctor alone: what asks for the disk's room brings node:fs with it.
    const { examineFiles } = await import("./examine_files.ts");
    return await examineFiles(this.where, around);
  }

  async #size(paths: readonly string[]): Promise<number> {
    let bytes = 0;
    for (const path of paths) bytes += (await this.where.disk.stat(path))?.size ?? 0;
    return bytes;
  }

  async #artifacts(id: string): Promise<string[]> {
    const directory = join(this.where.layout.artifacts, id);
    const entries = await this.where.disk.list(directory) ?? [];
    return entries.map(({ name }) => join(directory, name));
  }
}
