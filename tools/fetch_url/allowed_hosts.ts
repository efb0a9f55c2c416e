/** Which URLs may be fetched: what the operator's `hosts` mean, for Deno and for the tool itself. */

/** What an entry of `hosts` looks like, for messages. */
export const HOST_FORMS =
  'a host such as "example.com", "*.example.com", "example.com:8080", or "*" for every public one';

const ENTRY = /^(\*\.)?([^/\\?#@[\]:*\s,]+)(?::(\d{1,5}))?$/;
const DEFAULT_PORTS = [443, 80];

interface Entry {
  /** As URLs have it: lower case, punycode, IPv4 in four decimal numbers. */
  readonly name: string;
  /** Whether hosts below it are meant too. */
  readonly below: boolean;
  readonly ports: readonly number[];
}

/** Whether a text can stand in the setting `hosts`. */
export function isHostEntry(text: string): boolean {
  return text === "*" || parseEntry(text) !== undefined;
}

/** The permission `net` for these hosts. One without a port means ports 443 and 80. */
export function netPermission(hosts: readonly string[]): string[] | true {
  if (hosts.includes("*")) return true;
  return hosts.map(parseEntry).filter((entry) => entry !== undefined).flatMap((
    { name, below, ports },
  ) => ports.map((port) => `${below ? "*." : ""}${name}:${port}`));
}

/**
 * Reads a URL that may be fetched, without its fragment.
 *
 * @param base what a relative one is relative to
 * @throws {TypeError} in a clause about it, when it is none or is not allowed
 */
export function allowedUrl(text: string, hosts: readonly string[], base?: URL): URL {
  const url = URL.parse(text, base);
  if (url === null) {
    throw new TypeError(`"${text}" is no URL, expected one such as "https://example.com/page"`);
  }
  if (url.protocol !== "http:" && url.protocol !== "https:") {
    throw new TypeError(`"${text}" begins with "${url.protocol}", expected "http:" or "https:"`);
  }
  if (url.username !== "" || url.password !== "") {
    throw new TypeError(`the URL has a user name or password before its host, expected none`);
  }
  if (url.hostname.startsWith("[")) {
    throw new TypeError(`"${url.hostname}" is an address of IPv6, expected the name of a host`);
  }
  url.hash = "";
  // The same host to a name server, and to people; Deno's permissions tell the two apart.
  if (url.hostname.endsWith(".")) url.hostname = url.hostname.slice(0, -1);
  if (!isAllowed(url, hosts)) throw new TypeError(refusal(url, hosts));
  return url;
}

function isAllowed(url: URL, hosts: readonly string[]): boolean {
  const port = Number(url.port) || (url.protocol === "https:" ? 443 : 80);
  if (hosts.includes("*") && DEFAULT_PORTS.includes(port)) return true;
  return hosts.map(parseEntry).some((entry) =>
    entry !== undefined && entry.ports.includes(port) &&
    (url.hostname === entry.name || (entry.below && url.hostname.endsWith(`.${entry.name}`)))
  );
}

function refusal(url: URL, hosts: readonly string[]): string {
  return `the host "${url.host}" is not allowed, only ${
    hosts.join(", ")
  }; the operator can allow more in ` +
    `"fetch_url".settings.hosts in tools.json`;
}

function parseEntry(text: string): Entry | undefined {
  const [, below, host, port] = ENTRY.exec(text) ?? [];
  const url = host === undefined ? null : URL.parse(`http://${host}/`);
  if (url === null || url.hostname.endsWith(".") || Number(port) > 65_535) return undefined;
  const ports = port === undefined ? DEFAULT_PORTS : [Number(port)];
  return { name: url.hostname, below: below !== undefined, ports };
}
