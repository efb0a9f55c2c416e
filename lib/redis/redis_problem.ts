/** What goes wrong with a Redis server, in one sentence for people each. */
import { StorageProblem } from "../storage_problem.ts";
import { placeOf, type RedisTarget } from "./redis_url.ts";

/**
 * What it takes. `time`: it gets better by itself, within moments mostly. `operator`: somebody has to
 * do something at the server, after which what was asked for works. `settings`: QUEUE_URL, or what
 * its user may do, must be changed.
 */
export type Remedy = "time" | "operator" | "settings";

export class RedisProblem extends StorageProblem {
  override name = "RedisProblem";

  constructor(message: string, readonly remedy: Remedy, options?: ErrorOptions) {
    super(message, options);
  }
}

/** What a sentence needs to know. Never the password. */
type Place = Pick<RedisTarget, "host" | "port" | "prefix" | "source" | "tls">;

interface Kind {
  /** What the error's code or message looks like. */
  readonly sign: RegExp;
  readonly remedy: Remedy;
  /** @param keys those of ours that were asked for */
  readonly sentence: (place: string, target: Place, keys: readonly string[]) => string;
}

/** Of the way to the server; the first that fits counts. */
const OF_THE_WAY: readonly Kind[] = [
  {
    sign: /Protocol error, got/,
    remedy: "settings",
    sentence: (place, { source }) =>
      `what answers at ${place} is no Redis server; correct ${source}`,
  },
  {
    sign: /InvalidContentType|corrupt message|wrong version number|InvalidMessage/i,
    remedy: "settings",
    sentence: (place, { source }) =>
      `Redis at ${place} does not speak TLS; write redis:// in ${source}`,
  },
  {
    sign: /peer certificate|self.signed|UnknownIssuer|CertNotValid|certificate/i,
    remedy: "settings",
    sentence: (place) =>
      `the certificate of Redis at ${place} is not trusted for this name; set DENO_CERT to the file ` +
      "of the authority that has signed it, and use the name that is in it",
  },
  {
    sign: /ENOTFOUND|failed to lookup address/,
    remedy: "settings",
    sentence: (_, { host, source }) => `there is no host named "${host}"; correct ${source}`,
  },
  {
    sign: /EAI_AGAIN/,
    remedy: "time",
    sentence: (_, { host }) => `the name "${host}" cannot be looked up just now`,
  },
  {
    sign: /ECONNREFUSED/,
    remedy: "time",
    sentence: (place, { source }) =>
      `Redis does not answer at ${place} (connection refused); start it, or correct ${source}`,
  },
  {
    sign: /EHOSTUNREACH|ENETUNREACH|EHOSTDOWN|ENETDOWN/,
    remedy: "time",
    sentence: (place) => `there is no way to Redis at ${place} just now (network unreachable)`,
  },
  {
    sign: /ETIMEDOUT|timed out/,
    remedy: "time",
    sentence: (place, { tls, source }) =>
      `Redis at ${place} does not answer; see whether it runs and a firewall lets this host in` +
      (tls ? `, or write redis:// in ${source} if it speaks no TLS` : ""),
  },
  {
    sign: /NotCapable|Requires net access/,
    remedy: "settings",
    sentence: (place) => `this program may not connect to ${place}; start it with --allow-net`,
  },
  {
    sign:
      /ECONNRESET|EPIPE|ECONNABORTED|Connection is closed|connection close|Cluster (is|isn't)|None of startup nodes|Failed to refresh slots|Stream isn't writeable/i,
    remedy: "time",
    sentence: (place, { tls, source }) =>
      `Redis at ${place} has closed the connection` +
      (tls ? "" : `; if it wants TLS, write rediss:// in ${source}`),
  },
];

/** Of what the server answers. Scripts have their own words before it. */
const OF_ANSWERS: readonly Kind[] = [
  {
    sign: /\bWRONGPASS\b|invalid password/,
    remedy: "settings",
    sentence: (place, { source }) =>
      `Redis at ${place} refuses the user or password in ${source}; correct them`,
  },
  {
    sign: /\bNOAUTH\b/,
    remedy: "settings",
    sentence: (place, { source }) =>
      `Redis at ${place} wants a password; write it in ${source}: redis://user:password@…`,
  },
  {
    sign: /\bNOPERM\b|ACL failure in script|user executing the script can't/,
    remedy: "settings",
    sentence: (place, { prefix, source }) =>
      `the user in ${source} may not do what is needed on Redis at ${place}; give it all commands on ` +
      `its keys and channels: ACL SETUSER … ~{${prefix}}:* &{${prefix}}:* +@all -@dangerous +info`,
  },
  {
    sign: /DB index is out of range|SELECT is not allowed/,
    remedy: "settings",
    sentence: (place, { source }) =>
      `Redis at ${place} has no database of the number that is in ${source}`,
  },
  {
    sign: /cluster support disabled/,
    remedy: "settings",
    sentence: (place, { source }) =>
      `Redis at ${place} is no cluster; remove cluster=true from ${source}`,
  },
  {
    sign: /^(MOVED|ASK) |CROSSSLOT/,
    remedy: "settings",
    sentence: (place, { source }) =>
      `Redis at ${place} is one of a cluster; add cluster=true to ${source}`,
  },
  {
    sign: /unknown command/i,
    remedy: "settings",
    sentence: (place) =>
      `Redis at ${place} does not know a command that is needed; version 6.2 or later has them all`,
  },
  {
    sign: /\bOOM\b/,
    remedy: "operator",
    sentence: (place) =>
      `Redis at ${place} has no memory left for more; give it more (maxmemory), or remove old tasks ` +
      "with `tasks prune`",
  },
  {
    sign: /\bMISCONF\b/,
    remedy: "operator",
    sentence: (place) =>
      `Redis at ${place} takes no changes since it cannot save to its disk; make room there`,
  },
  {
    sign: /\bWRONGTYPE\b/,
    remedy: "operator",
    sentence: (place, { source }, keys) =>
      `a key of another program is in the way on Redis at ${place}; remove it ` +
      `(${keys.join(" or ")}), or name another prefix in ${source}: ?prefix=name`,
  },
  {
    sign: /\bREADONLY\b|\bNOREPLICAS\b/,
    remedy: "time",
    sentence: (place) => `Redis at ${place} is a replica and takes no changes until it is promoted`,
  },
  {
    sign: /\bLOADING\b/,
    remedy: "time",
    sentence: (place) => `Redis at ${place} is still loading its data`,
  },
  {
    sign: /\b(CLUSTERDOWN|MASTERDOWN|TRYAGAIN|UNBLOCKED)\b|Too many Cluster redirections/,
    remedy: "time",
    sentence: (place) => `the Redis cluster at ${place} does not serve all keys just now`,
  },
  {
    sign: /\bBUSY\b/,
    remedy: "time",
    sentence: (place) => `Redis at ${place} is busy with another program's script`,
  },
  {
    sign: /max number of clients reached/,
    remedy: "operator",
    sentence: (place) => `Redis at ${place} takes no more clients (maxclients)`,
  },
];

/**
 * The problem that an error of ioredis or of the server stands for; `undefined` for one that is none
 * of these: a bug, most likely.
 */
export function problemOf(error: unknown, target: Place): RedisProblem | undefined {
  if (error instanceof RedisProblem) return error;
  if (!(error instanceof Error)) return undefined;
  const words = wordsOf(error);
  const kinds = error.name === "ReplyError" ? OF_ANSWERS : [...OF_THE_WAY, ...OF_ANSWERS];
  const kind = kinds.find(({ sign }) => sign.test(words));
  if (kind === undefined) return undefined;
  const keys = keysIn(error, target);
  // What was asked is no part of what is wrong, and of AUTH it is the password.
  Reflect.deleteProperty(error, "command");
  const sentence = kind.sentence(placeOf(target), target, keys);
  return new RedisProblem(sentence, kind.remedy, { cause: error });
}

// A script is given several, and says how many.
function keysIn(error: Error, { prefix }: Place): string[] {
  const { command } = error as { command?: { name?: string; args?: readonly unknown[] } };
  const { name, args = [] } = command ?? {};
  const asked = name?.startsWith("eval") ? args.slice(2, 2 + Number(args[1])) : args;
  const named = asked.filter((each) => typeof each === "string");
  const keys = named.filter((each) => each.startsWith(`{${prefix}}:`) && !each.endsWith(":"));
  return keys.length > 0 ? [...new Set(keys)] : [`what begins with {${prefix}}: and is not ours`];
}

// Of several addresses of one host each has an error of its own, and so has each command of a
// transaction that was refused; a cluster tells the last node's.
function wordsOf(error: Error): string {
  const { code, errors, previousErrors, lastNodeError } = error as {
    code?: unknown;
    errors?: readonly unknown[];
    previousErrors?: readonly unknown[];
    lastNodeError?: unknown;
  };
  const inner = [...(errors ?? []), ...(previousErrors ?? []), lastNodeError, error.cause]
    .flatMap((each) => each instanceof Error ? [wordsOf(each)] : []);
  return [...inner, error.message, typeof code === "string" ? code : "", error.name].join(" ");
}
