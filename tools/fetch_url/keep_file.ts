import { type Page, pageHead } from "./page.ts";

type Artifact = (name: string, bytes: Uint8Array) => Promise<string>;

/**
 * Keeps what is no text as an artifact, and says so.
 *
 * @throws {Error} when it did not come whole
 */
export async function keepFile(page: Page, artifact: Artifact): Promise<string> {
  const { body, type, url } = page;
  if (body.cut !== undefined) {
    throw new Error(`"${url}" is no text (${type.type}) and did not come whole: ${body.cut}`);
  }
  const name = await artifact(fileName(url), body.bytes);
  const kept = `It is no text, so it was kept as the artifact "${name}" of this task; ` +
    `what is in it cannot be shown.`;
  return [...pageHead(page), kept].join("\n");
}

function fileName(url: URL): string {
  const last = url.pathname.split("/").findLast((part) => part !== "") ?? "";
  const name = last.replace(/%../g, "_").replace(/[^A-Za-z0-9._-]/g, "_").replace(/^\.+/, "");
  return name.slice(-100).replace(/^\.+/, "") || "download";
}
