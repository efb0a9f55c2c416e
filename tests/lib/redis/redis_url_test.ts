import { assertEquals, assertThrows } from "@std/assert";
import { ConfigError } from "../../../lib/config_error.ts";
import { parseRedisUrl, placeOf, type RedisTarget } from "../../../lib/redis/redis_url.ts";

const PLAIN: RedisTarget = {
  host: "localhost",
  port: 6379,
  db: 0,
  username: undefined,
  password: undefined,
  tls: false,
  source: "QUEUE_URL",
  prefix: "bts",
  cluster: false,
};

Deno.test("a Redis URL is taken apart, with defaults for what it does not say", () => {
  const cases: [string, Partial<RedisTarget>][] = [
    ["redis://localhost", {}],
    ["redis://localhost:6379/", {}],
    ["rediss://redis.example.com:6380/3", {
      host: "redis.example.com",
      port: 6380,
      db: 3,
      tls: true,
    }],
    ["redis://:secret@localhost", { password: "secret" }],
    ["redis://alice@localhost", { username: "alice" }],
    ["redis://alice:p%40ss%3A%23%2F@localhost", { username: "alice", password: "p@ss:#/" }],
    ["redis://[::1]:7000?prefix=my-app.2", { host: "::1", port: 7000, prefix: "my-app.2" }],
    ["redis://localhost?cluster=true&prefix=x", { cluster: true, prefix: "x" }],
    ["redis://localhost/0?cluster=false", {}],
  ];
  for (const [text, expected] of cases) {
    assertEquals(parseRedisUrl(text), { ...PLAIN, ...expected });
  }
});

Deno.test("a wrong Redis URL is refused in one sentence that names the setting", () => {
  const form = "; its form is redis://[user:password@]host[:6379][/database][?prefix=name]" +
    "[&cluster=true]";
  const encode = 'a URL (in a password, write "#" as %23, "/" as %2F, "?" as %3F and "@" as %40)';
  const cases: [string, string][] = [
    ["localhost", encode],
    ["redis://localhost:99999", encode],
    ["redis://:a#b@localhost", encode],
    ["http://localhost", "redis:// or rediss:// (TLS) at the beginning"],
    ["redis:///1", "the server's host name or address after redis://"],
    ["redis://localhost/one", "a database's number such as /0 after the host"],
    ["redis://localhost/70000", "a database's number such as /0 after the host"],
    ["redis://localhost?db=1", '"prefix" and "cluster" as its only parameters, got "db"'],
    ["redis://localhost?prefix=a&prefix=b", '"prefix" only once'],
    [
      "redis://localhost?prefix={x}",
      'as "prefix" 1 to 64 of the characters A-Z a-z 0-9 . _ - with a letter or digit first, ' +
      'got "{x}"',
    ],
    ["redis://localhost?cluster=yes", 'as "cluster" true or false, got "yes"'],
    [
      "redis://localhost/1?cluster=true",
      "no database with cluster=true: a cluster has only number 0",
    ],
    ["redis://a%:b@localhost", '"%" in user and password written as %25'],
  ];
  for (const [text, expected] of cases) {
    const error = assertThrows(() => parseRedisUrl(text, "QUEUE_URL (in .env)"), ConfigError);
    assertEquals(error.message, `QUEUE_URL (in .env): expected ${expected}${form}`);
  }
});

Deno.test("no message about a URL has a password in it", () => {
  const wrong = [
    "redis://u:hidden@h/x",
    "redis://u:hidden@h?a=1",
    "redis://:hid#den@h",
    "x:hidden",
  ];
  for (const text of wrong) {
    const { message } = assertThrows(() => parseRedisUrl(text), ConfigError);
    assertEquals(/hid|den@/.test(message), false, message);
  }
});

Deno.test("a server is named by host and port", () => {
  assertEquals(placeOf({ host: "localhost", port: 6379 }), "localhost:6379");
  assertEquals(placeOf({ host: "::1", port: 1 }), "[::1]:1");
});
