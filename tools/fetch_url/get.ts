import { allowedUrl } from "./allowed_hosts.ts";
import { connectionProblem } from "./connection_problem.ts";
import type { TimeLimits } from "./time_limits.ts";

const MAX_REDIRECTS = 5;
/** So much of a URL is shown, in characters. */
const MAX_SHOWN = 300;
const REDIRECTS: ReadonlySet<number> = new Set([301, 302, 303, 307, 308]);
const ACCEPT = "text/html, application/xhtml+xml, text/markdown, text/plain, " +
  "application/json;q=0.9, application/xml;q=0.9, */*;q=0.5";

/** What came of a GET, its body not yet read. */
export interface Got {
  readonly response: Response;
  /** Where it came from in the end. */
  readonly url: URL;
  readonly redirects: number;
}

/**
 * One GET. Redirects are followed here, at most 5, and each is held against the allowed hosts.
 *
 * @throws {Error} in a clause about the URL
 */
export async function get(
  start: URL,
  hosts: readonly string[],
  limits: TimeLimits,
  client: Deno.HttpClient,
): Promise<Got> {
  let url = start;
  for (let redirects = 0;; redirects++) {
    const response = await request(url, limits, client);
    const location = response.headers.get("location");
    if (!REDIRECTS.has(response.status) || location === null) return { response, url, redirects };
    await response.body?.cancel();
    limits.progress();
    if (redirects === MAX_REDIRECTS) {
      throw new Error(`"${start}" was redirected more than ${MAX_REDIRECTS} times`);
    }
    url = redirected(url, location, hosts);
  }
}

function redirected(from: URL, location: string, hosts: readonly string[]): URL {
  try {
    return allowedUrl(location, hosts, from);
  } catch (error) {
    const why = whyNot(error, URL.parse(location, from), hosts);
    throw new Error(`"${shown(from)}" redirects to where nothing may be fetched: ${why}`);
  }
}

// Without what the server is free to write there: path, query, or what is no URL at all. It would
// reach the model as the program's own words.
function whyNot(error: unknown, to: URL | null, hosts: readonly string[]): string {
  if (to === null) return "it is no URL";
  if (!/^https?:$/.test(to.protocol)) return "it is no address of http: or https:";
  if (to.username !== "" || to.password !== "") return (error as Error).message;
  try {
    allowedUrl(`${to.protocol}//${to.host}/`, hosts);
  } catch (refused) {
    return (refused as Error).message;
  }
  return "it is not allowed";
}

// Behind a redirect a URL is the server's own words too.
function shown(url: URL): string {
  return url.href.length <= MAX_SHOWN ? url.href : `${url.href.slice(0, MAX_SHOWN)}…`;
}

async function request(url: URL, limits: TimeLimits, client: Deno.HttpClient): Promise<Response> {
  try {
    return await fetch(url, {
      client,
      redirect: "manual",
      signal: limits.signal,
      headers: { accept: ACCEPT, "user-agent": "background-task-service (fetch_url)" },
    });
  } catch (error) {
    const why = limits.signal.aborted
      ? limits.signal.reason.message
      : connectionProblem(error, url);
    throw new Error(`"${shown(url)}" cannot be fetched: ${why}`);
  }
}
