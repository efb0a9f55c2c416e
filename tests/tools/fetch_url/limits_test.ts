/** Servers that send too much, too slowly, nothing, or nonsense, and the tool that takes it. */
import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { UNTRUSTED } from "../../support/untrusted_certificate.ts";
import { pageOf, withWeb } from "./web.ts";

const ERROR = 'Error: The tool "fetch_url" failed:';
const BLOCK = new Uint8Array(64 * 1024).fill(0x61);

/** A body that goes on until it is cancelled, or until so many blocks. */
function endless(blocks = Infinity): { body: ReadableStream; stopped: Promise<number> } {
  const stopped = Promise.withResolvers<number>();
  let sent = 0;
  const body = new ReadableStream({
    pull(controller) {
      if (sent++ < blocks) controller.enqueue(BLOCK);
      else controller.close();
    },
    cancel: () => stopped.resolve(sent),
  });
  return { body, stopped: stopped.promise };
}

const text = { headers: { "content-type": "text/plain" } };

Deno.test("what never ends is read up to the limit, and let go", async () => {
  const { body, stopped } = endless();
  await withWeb(() => new Response(body, text), { max_bytes: 100_000 }, async ({ fetch }) => {
    const answer = await fetch("/");
    assertStringIncludes(answer, "\nSize: 100000 bytes\n");
    assertStringIncludes(
      answer,
      "\nOnly the start of it was read: it is longer than 100000 bytes.\n",
    );
    assertEquals(pageOf(answer).length, 40_000);
    await stopped;
  });
});

Deno.test("a gigabyte is not read to its end", async () => {
  const { body, stopped } = endless(16 * 1024);
  const headers = { "content-type": "text/html", "content-length": String(1024 ** 3) };
  await withWeb(() => new Response(body, { headers }), {}, async ({ fetch }) => {
    const answer = await fetch("/");
    assertStringIncludes(answer, "\nSize: 5000000 bytes\n");
    assertStringIncludes(answer, "Only the start of it was read: it is longer than 5000000 bytes.");
    assert(await stopped < 16 * 1024);
  });
});

Deno.test("a file that is too long is not kept in part", async () => {
  const { body } = endless();
  const headers = { "content-type": "application/zip" };
  const respond = () => new Response(body, { headers });
  await withWeb(respond, { max_bytes: 100_000 }, async ({ fetch, toolbox, url }) => {
    assertEquals(
      await fetch("/"),
      `${ERROR} "${url}/" is no text (application/zip) and did not come whole: it is longer than 100000 bytes.`,
    );
    assertEquals(toolbox.artifacts.size, 0);
  });
});

Deno.test("a compressed text counts as long as it is", async () => {
  const zeros = endless(2000).body.pipeThrough(new CompressionStream("gzip"));
  const bomb = new Uint8Array(await new Response(zeros).arrayBuffer());
  assert(bomb.length < 200_000);
  const headers = { "content-type": "text/plain", "content-encoding": "gzip" };
  await withWeb(() => new Response(bomb, { headers }), {}, async ({ fetch }) => {
    assertStringIncludes(await fetch("/"), "\nSize: 5000000 bytes\n");
  });
});

Deno.test("what drips is kept as far as it came when the time is up", async () => {
  let timer: ReturnType<typeof setInterval> | undefined;
  const body = () =>
    new ReadableStream({
      start(controller) {
        timer = setInterval(() => controller.enqueue(new TextEncoder().encode("drip ")), 20);
      },
      cancel: () => clearInterval(timer),
    });
  const limits = { total_seconds: 0.5, idle_seconds: 5 };
  await withWeb(() => new Response(body(), text), limits, async ({ fetch }) => {
    const answer = await fetch("/");
    assertStringIncludes(answer, "\nOnly the start of it was read: it took more than 0.5 s.\n");
    assertMatch(pageOf(answer), /^drip( drip)*$/);
  });
  clearInterval(timer);
});

Deno.test("a server that falls silent is given up, before its headers and after", async () => {
  const gone = Promise.withResolvers<void>();
  const silent = () => new ReadableStream({ cancel: () => {} });
  const respond = async ({ url }: Request) => {
    if (url.endsWith("/after")) return new Response(silent(), text);
    if (url.endsWith("/amid")) {
      const start = new Blob(["The start"]).stream();
      return new Response(
        new ReadableStream({
          async start(controller) {
            for await (const part of start) controller.enqueue(part);
          },
        }),
        text,
      );
    }
    await gone.promise;
    return new Response();
  };
  const limits = { total_seconds: 20, idle_seconds: 0.3 };
  await withWeb(respond, limits, async ({ fetch, url }) => {
    const nothing = (path: string) =>
      `${ERROR} "${url}${path}" cannot be fetched: nothing came for 0.3 s.`;
    assertEquals(await fetch("/before"), nothing("/before"));
    gone.resolve();
    assertEquals(await fetch("/after"), nothing("/after"));
    const answer = await fetch("/amid");
    assertStringIncludes(answer, "\nOnly the start of it was read: nothing came for 0.3 s.\n");
    assertEquals(pageOf(answer), "The start");
  });
});

Deno.test("wrong encodings and broken compression cost a note, not the page", async () => {
  const cases: Record<string, [Record<string, string>, Uint8Array<ArrayBuffer>]> = {
    "/unknown": [{ "content-type": "text/plain; charset=nonsense" }, new Uint8Array([0x61, 0xe9])],
    "/wrong": [{ "content-type": "text/plain; charset=utf-8" }, new Uint8Array([0xe9, 0x61])],
    "/sixteen": [{ "content-type": "text/html; charset=utf-16" }, new Uint8Array([0x61, 0, 0x62])],
    "/gzip": [{ "content-type": "text/plain", "content-encoding": "gzip" }, new Uint8Array([1, 2])],
  };
  const respond = (request: Request) => {
    const [headers, body] = cases[new URL(request.url).pathname] ?? [{}, new Uint8Array()];
    return new Response(body, { headers });
  };
  await withWeb(respond, {}, async ({ fetch, url }) => {
    const unknown = await fetch("/unknown");
    assertStringIncludes(
      unknown,
      'Encoding: utf-8\nThe encoding "nonsense" is not known, so the text was read as utf-8.\n',
    );
    assertStringIncludes(
      await fetch("/wrong"),
      "\nSome of the text is not utf-8 as it claims to be, and is shown as \ufffd.\n",
    );
    assertEquals(pageOf(await fetch("/sixteen")), "a\ufffd");
    assertEquals(await fetch("/gzip"), `${ERROR} "${url}/gzip" cannot be fetched: it broke off.`);
  });
});

/** A server that writes these bytes to whoever connects, and closes. */
async function withRaw(answer: string, body: (url: string) => Promise<void>): Promise<void> {
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const serving = (async () => {
    for await (const connection of listener) {
      await connection.read(new Uint8Array(10_000)).catch(() => null);
      const writer = connection.writable.getWriter();
      await writer.write(new TextEncoder().encode(answer)).catch(() => {});
      await writer.close().catch(() => {});
    }
  })();
  try {
    await body(`http://localhost:${listener.addr.port}/`);
  } finally {
    listener.close();
    await serving;
  }
}

const RAW: Record<string, [answer: string, says: string]> = {
  "no HTTP": ["SSH-2.0-x\r\n\r\n", "cannot be fetched: what came is no HTTP."],
  "headers without end": [
    `HTTP/1.1 200 OK\r\n${`x: ${"a".repeat(8000)}\r\n`.repeat(200)}\r\n`,
    "cannot be fetched: its headers are too long.",
  ],
  "less than it announced": [
    "HTTP/1.1 200 OK\r\ncontent-type: text/plain\r\ncontent-length: 100\r\n\r\nshort",
    "Only the start of it was read: it broke off.",
  ],
};

for (const [what, [answer, says]] of Object.entries(RAW)) {
  Deno.test(`a server that sends ${what} is understood so`, async () => {
    await withRaw(answer, async (url) => {
      const settings = () => ({ hosts: [new URL(url).host], private_addresses: ["127.0.0.1"] });
      await withWeb(() => new Response(), settings, async ({ run }) => {
        assertStringIncludes(await run({ url }), says);
      });
    });
  });
}

Deno.test("a certificate that nobody vouches for, and none at all, are said in a clause", async () => {
  const { key, cert } = UNTRUSTED;
  const secure = Deno.serve(
    { hostname: "127.0.0.1", port: 0, onListen: () => {}, key, cert },
    () => new Response("not to be read"),
  );
  const settings = (port: number) => ({
    hosts: [`localhost:${port}`, `localhost:${secure.addr.port}`],
    private_addresses: ["127.0.0.1"],
  });
  try {
    await withWeb(() => new Response(), settings, async ({ run, port }) => {
      const url = `https://localhost:${secure.addr.port}/`;
      assertEquals(
        await run({ url }),
        `${ERROR} "${url}" cannot be fetched: its certificate is not trusted (UnknownIssuer).`,
      );
      const plain = `https://localhost:${port}/`;
      assertEquals(
        await run({ url: plain }),
        `${ERROR} "${plain}" cannot be fetched: its host does not speak TLS on that port.`,
      );
    });
  } finally {
    await secure.shutdown();
  }
});

Deno.test("hostile HTML of five megabytes is made text within the tool's memory", async () => {
  const pages: Record<string, string> = {
    "/lists": "<ul><li>x",
    "/tables": "<table><tr><td>x",
    "/lt": "<",
    "/entities": "&amp;&#x41;&bogus",
    "/style": "<style>x",
    "/brackets": "[",
  };
  const respond = (request: Request) => {
    const piece = pages[new URL(request.url).pathname] ?? "";
    const page = piece.repeat(Math.floor(5_000_000 / piece.length));
    return new Response(page, { headers: { "content-type": "text/html" } });
  };
  await withWeb(respond, {}, async ({ fetch, toolbox }) => {
    for (const path of Object.keys(pages)) {
      assertMatch(await fetch(path), /\nStatus: 200\nType: text\/html\n/, path);
    }
    assertEquals(pageOf(await fetch("/lists")).slice(0, 9), "- x\n  - x");
    assertEquals(new Set(toolbox.processes.map(({ pid }) => pid)).size, 1);
  });
});

Deno.test("HTML that takes for ever to make readable costs its own call alone", async () => {
  const pages: Record<string, string> = { "/code": "<code>`".repeat(300_000), "/": "<p>Next" };
  const respond = (request: Request) =>
    new Response(pages[new URL(request.url).pathname], {
      headers: { "content-type": "text/html" },
    });
  await withWeb(respond, {}, async ({ fetch }) => {
    assertMatch(
      await fetch("/code"),
      /: (it used more than its 384 MB of memory and was stopped|"http:\/\/localhost:\d+\/code" cannot be made readable: its HTML takes more than 8 s)\.$/,
    );
    assertEquals(pageOf(await fetch("/")), "Next");
  });
});
