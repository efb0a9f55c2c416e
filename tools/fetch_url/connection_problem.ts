const KNOWN: readonly [RegExp, string][] = [
  [/dns error|failed to lookup/i, "its host was not found"],
  [/connection refused/i, "its host refused the connection"],
  [/network (is )?unreachable|no route to host/i, "its host cannot be reached over IPv4"],
  [/head is too large/i, "its headers are too long"],
  [/InvalidContentType|record overflow/i, "its host does not speak TLS on that port"],
  [/invalid HTTP|parse/i, "what came is no HTTP"],
];

/** Why a request failed, as a clause, from what Deno says of it. */
export function connectionProblem(error: unknown, url: URL): string {
  const said = words(error);
  const [, address] = /Requires net access to "(.+?)"/.exec(said) ?? [];
  if (address !== undefined) return notPublic(address, url);
  const [, certificate] = /invalid peer certificate: ([^:;]+)/.exec(said) ?? [];
  if (certificate !== undefined) return `its certificate is not trusted (${certificate.trim()})`;
  const known = KNOWN.find(([pattern]) => pattern.test(said))?.[1];
  return known ?? said.replace(/^.*client error \(\w+\): /s, "").slice(0, 300);
}

function notPublic(address: string, url: URL): string {
  const ip = address.replace(/:\d+$/, "");
  return `"${url.hostname}" leads to the address ${ip}, which is not public; the operator can ` +
    `allow it in "fetch_url".settings.private_addresses in tools.json`;
}

function words(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const cause = error.cause instanceof Error ? `: ${error.cause.message}` : "";
  return `${error.message}${cause}`;
}
