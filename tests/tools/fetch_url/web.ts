/** fetch_url in its own process under its own permissions, and a web of one server for it. */
import { type Run, withTool } from "../project_tools.ts";
import type { TestToolbox } from "../../lib/sandbox/toolbox_fixture.ts";

/** A server, and the tool that may fetch from it. */
export interface Web {
  /** Fetches a path of the server, or any URL. */
  fetch(pathOrUrl: string, more?: Record<string, unknown>): Promise<string>;
  readonly run: Run;
  /** `http://localhost:{port}` */
  readonly url: string;
  readonly port: number;
  readonly toolbox: TestToolbox;
  /** Paths asked for, in their order. */
  readonly requests: readonly string[];
}

type Respond = (request: Request) => Response | Promise<Response>;

/**
 * @param settings beside a host that is the server and its address, which is private; a function is
 * given the server's port and makes all of them
 */
export async function withWeb(
  respond: Respond,
  settings: Record<string, unknown> | ((port: number) => Record<string, unknown>),
  body: (web: Web) => Promise<void>,
): Promise<void> {
  const requests: string[] = [];
  const server = Deno.serve(
    { hostname: "127.0.0.1", port: 0, onListen: () => {}, onError: () => new Response(null) },
    (request) => {
      requests.push(new URL(request.url).pathname);
      return respond(request);
    },
  );
  const { port } = server.addr;
  try {
    const all = typeof settings === "function" ? settings(port) : { ...openTo(port), ...settings };
    await withFetch(all, async (run, toolbox) => {
      const url = `http://localhost:${port}`;
      const fetch = (to: string, more = {}) =>
        run({ url: to.startsWith("/") ? url + to : to, ...more });
      await body({ fetch, run, url, port, toolbox, requests });
    });
  } finally {
    await server.shutdown();
  }
}

/** Settings that open one port of this machine. */
export function openTo(port: number): Record<string, unknown> {
  return { hosts: [`localhost:${port}`], private_addresses: ["127.0.0.1"] };
}

/** The tool alone. */
export async function withFetch(
  settings: Record<string, unknown>,
  body: (run: Run, toolbox: TestToolbox) => Promise<void>,
): Promise<void> {
  await withTool("fetch_url", { toolsJson: { fetch_url: { settings } } }, body);
}

/** What an answer shows of a page, without the lines around it. */
export function pageOf(answer: string): string {
  const [, page] = /^--- (?:\w{8}) begins ---\n(.*)\n--- \w{8} ends ---$/ms.exec(answer) ?? [];
  if (page === undefined) throw new Error(`there is no page in: ${answer}`);
  return page;
}
