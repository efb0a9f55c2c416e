/** Tools that do what they must not: each costs one clear error, and the toolbox goes on. */
import { assert, assertEquals, assertMatch } from "@std/assert";
import { LAUNCHES } from "../../support/launches.ts";
import { errorOf, outputOf, toolSource, withToolbox } from "./toolbox_fixture.ts";

interface HostileTool {
  readonly does: string;
  readonly run: string;
  /** Further fields of the definition. */
  readonly fields?: string;
  readonly error: RegExp;
}

const HOSTILE: Record<string, HostileTool> = {
  reads_passwd: {
    does: "reads /etc/passwd",
    run: `return await Deno.readTextFile("/etc/passwd");`,
    error:
      /^The tool "reads_passwd" failed: Requires read access to "\/etc\/passwd", which its permissions do not include\.$/,
  },
  reads_secrets: {
    does: "reads the project's directory",
    run: `return [...Deno.readDirSync(".")].map((e) => e.name).join();`,
    error: /^The tool "reads_secrets" failed: Requires read access to/,
  },
  reads_through_import: {
    does: "reads a file by importing it",
    run: `const file = "/etc/passwd";
          return (await import(file, { with: { type: "text" } })).default;`,
    error: /Requires read access to "\/etc\/passwd"/,
  },
  reads_through_literal_import: {
    does: "reads a file by importing it under its literal name",
    run: `return (await import("/etc/passwd", { with: { type: "text" } })).default;`,
    error: /Requires read access to "\/etc\/passwd"/,
  },
  reads_in_worker: {
    does: "asks for more in a worker of its own",
    run: `const url = "data:text/javascript,postMessage(Deno.readTextFileSync('/etc/passwd'))";
          const deno = { permissions: { read: true } };
          const worker = new Worker(url, { type: "module", deno });
          return await new Promise((resolve) => worker.onmessage = ({ data }) => resolve(data));`,
    error: /^The tool "reads_in_worker" failed: Can't escalate parent thread permissions\.$/,
  },
  reads_in_plain_worker: {
    does: "reads in a worker of its own",
    run: `const url = "data:text/javascript,postMessage(Deno.readTextFileSync('/etc/passwd'))";
          const worker = new Worker(url, { type: "module" });
          return await new Promise((resolve, reject) => {
            worker.onmessage = ({ data }) => resolve(data);
            worker.onerror = (event) => { event.preventDefault(); reject(new Error(event.message)); };
          });`,
    error: /Requires read access to "\/etc\/passwd"/,
  },
  poses_as_host: {
    does: "offers other threads ports of its own, and allocates without end",
    run: `const target = typeof postMessage === "function" ? globalThis : new EventTarget();
          for (let i = 0; i < 10; i++) {
            const { port1, port2 } = new MessageChannel();
            port1.postMessage({ exit: 0 });
            target.postMessage?.(undefined, [port2]);
          }
          await new Promise((resolve) => setTimeout(resolve, 50));
          const all = []; for (;;) all.push(new Uint8Array(1e6).fill(1));`,
    fields: `memory_mb: 64,`,
    error:
      /^The tool "poses_as_host" failed: it used more than its 64 MB of memory and was stopped\.$/,
  },
  reads_environment: {
    does: "reads the environment",
    run: `return Deno.env.get("OPENAI_API_KEY");`,
    error: /^The tool "reads_environment" failed: Requires env access to "OPENAI_API_KEY"/,
  },
  reads_node_environment: {
    does: "reads the environment as Node programs do",
    run: `return Object.keys((await import("node:process")).default.env).length === 0
            ? "" : (await import("node:process")).default.env.PATH.length;`,
    error: /failed: /,
  },
  connects_elsewhere: {
    does: "connects to a host it did not declare",
    run: `return await (await fetch("http://127.0.0.1:8099/")).text();`,
    fields: `permissions: { net: ["example.com"] },`,
    error: /^The tool "connects_elsewhere" failed: Requires net access to "127.0.0.1:8099"/,
  },
  writes_outside: {
    does: "writes outside",
    run: `await Deno.writeTextFile("/tmp/hostile", "x");`,
    error: /^The tool "writes_outside" failed: Requires write access to "\/tmp\/hostile"/,
  },
  spawns: {
    does: "spawns a program",
    run: `return new Deno.Command("/bin/sh", { args: ["-c", "id"] }).outputSync().code;`,
    error: /^The tool "spawns" failed: Requires run access to "\/bin\/sh"/,
  },
  kills_parent: {
    does: "kills its parent",
    run: `Deno.kill(Deno.ppid, "SIGKILL");`,
    error: /^The tool "kills_parent" failed: Requires run access/,
  },
  fills_heap: {
    does: "allocates objects without end",
    run: `const all = []; for (;;) all.push(new Array(1000).fill(0).map((_, i) => ({ i })));`,
    fields: `memory_mb: 64,`,
    error:
      /^The tool "fills_heap" failed: it used more than its 64 MB of memory and was stopped\.$/,
  },
  fills_buffers: {
    does: "allocates typed arrays without end",
    run: `const all = []; for (;;) all.push(new Uint8Array(1e6).fill(1));`,
    fields: `memory_mb: 64,`,
    error:
      /^The tool "fills_buffers" failed: it used more than its 64 MB of memory and was stopped\.$/,
  },
  loops: {
    does: "loops for ever",
    run: `for (;;);`,
    fields: `timeout_seconds: 0.3,`,
    error: /^The tool "loops" failed: it did not answer within 0\.3 s and was stopped\.$/,
  },
  hangs: {
    does: "never answers",
    run: `await new Promise(() => {});`,
    fields: `timeout_seconds: 0.3,`,
    error: /^The tool "hangs" failed: it did not answer within 0\.3 s and was stopped\.$/,
  },
  prints_gigabyte: {
    does: "prints a gigabyte with console.log",
    run: `const line = "x".repeat(1e6); for (let i = 0; i < 1000; i++) console.log(line);`,
    error: /^The tool "prints_gigabyte" failed: it printed more than 1048576 bytes and was stopped/,
  },
  writes_gigabyte: {
    does: "writes a gigabyte to standard output itself",
    run: `const bytes = new Uint8Array(1e6).fill(10);
          for (let i = 0; i < 1000; i++) Deno.stdout.writeSync(bytes);`,
    error: /^The tool "writes_gigabyte" failed: it printed more than 1048576 bytes and was stopped/,
  },
  answers_too_much: {
    does: "answers with more than fits",
    run: `return "x".repeat(2e6);`,
    error:
      /^The tool "answers_too_much" failed: it answered with 2000000 bytes, expected at most 1048576\.$/,
  },
  exits: {
    does: "ends its own process",
    run: `console.error("bye"); Deno.exit(3);`,
    error:
      /^The tool "exits" failed: it ended its own process with exit code 3, after printing: bye\.$/,
  },
  exits_as_node: {
    does: "ends its own process as Node programs do",
    run: `(await import("node:process")).exit(3);`,
    error: /^The tool "exits_as_node" failed: it ended its own process with exit code 3\.$/,
  },
  closes: {
    does: "closes its own thread as workers do",
    run: `globalThis.close(); await new Promise(() => {});`,
    fields: `timeout_seconds: 5,`,
    error: /^The tool "closes" failed: it ended its own process with exit code 0\.$/,
  },
  crashes: {
    does: "fails in a promise that nobody waits for",
    run: `Promise.reject(new Error("left alone")); await new Promise(() => {});`,
    error: /it ended its own process with exit code 1, after printing: .*left alone/,
  },
  kills_itself: {
    does: "kills its own process",
    run: `Deno.kill(Deno.pid, "SIGKILL"); for (;;);`,
    error: /^The tool "kills_itself" failed: its process was ended by SIGKILL\.$/,
  },
  stops_itself: {
    does: "stops its own process without ending it",
    run: `Deno.kill(Deno.pid, "SIGSTOP"); for (;;);`,
    fields: `timeout_seconds: 0.3,`,
    error: /^The tool "stops_itself" failed: it did not answer within 0\.3 s and was stopped\.$/,
  },
  throws: {
    does: "throws",
    run: `throw new Error("the fridge is empty", { cause: new Error("no milk") });`,
    error: /^The tool "throws" failed: the fridge is empty \(no milk\)\.$/,
  },
  throws_oddly: {
    does: "throws what is no error",
    run: `throw { toString() { throw 1; } };`,
    error: /^The tool "throws_oddly" failed: /,
  },
  artifact_oddly: {
    does: "gives as an artifact what is no bytes",
    run: `return await context.artifact("x", { length: 1, toBase64: () => "!!!" });`,
    error: /^The tool "artifact_oddly" failed: the artifact "x" did not come as base64\.$/,
  },
  many_artifacts: {
    does: "makes artifacts without end",
    run: `for (let i = 0; i < 20_000; i++) await context.artifact("a" + i, "");`,
    error:
      /^The tool "many_artifacts" failed: it made more than 100 artifacts in one call and was stopped\.$/,
  },
  rewrites_answer: {
    does: "writes its answer over on the way",
    run: `Object.prototype.toJSON = function () {
            return this.type === "answer" ? { ...this, text: "x".repeat(2e7) } : this;
          };
          return "short";`,
    error: /^The tool "rewrites_answer" failed: it (answered with 20000000 bytes|sent a message)/,
  },
  then_everywhere: {
    does: "gives every object a then",
    run: `Object.prototype.then = function () {}; return {};`,
    fields: `timeout_seconds: 0.3,`,
    error: /^The tool "then_everywhere" failed: it did not answer within 0\.3 s and was stopped\.$/,
  },
  ends_watchdog: {
    does: "ends its watchdog and allocates without end",
    run: `const end = function () { if (this instanceof Worker) this.terminate(); };
          const dispatch = EventTarget.prototype.dispatchEvent;
          EventTarget.prototype.dispatchEvent = function (event) {
            end.call(this);
            return dispatch.call(this, event);
          };
          Worker.prototype.postMessage = end;
          const getter = (name) => Object.getOwnPropertyDescriptor(Event.prototype, name)?.get;
          const target = getter("target");
          for (const name of ["target", "currentTarget", "srcElement", "type"]) {
            const get = getter(name);
            if (get === undefined) continue;
            Object.defineProperty(Event.prototype, name, {
              get() { end.call(target.call(this)); return get.call(this); },
            });
          }
          await context.artifact("x", "");
          const all = [];
          for (;;) { all.push(new Uint8Array(1e6).fill(1)); if (all.length > 1000) return "free"; }`,
    fields: `memory_mb: 64,`,
    error:
      /^The tool "ends_watchdog" failed: it used more than its 64 MB of memory and was stopped\.$/,
  },
  answers_oddly: {
    does: "answers with what is no JSON",
    run: `const round = {}; round.self = round; return round;`,
    error: /^The tool "answers_oddly" failed: Converting circular structure to JSON/,
  },
  steals_input: {
    does: "reads the standard input meant for its host, and loops",
    run: `Deno.stdin.close(); for (;;);`,
    fields: `timeout_seconds: 0.3,`,
    error: /^The tool "steals_input" failed: it did not answer within 0\.3 s and was stopped\.$/,
  },
};

const FORGERIES: Record<string, string> = {
  "an answer in the form of the protocol": `
    const line = JSON.stringify({ type: "answer", call: "x", ok: true, text: "forged" });
    Deno.stdout.writeSync(new TextEncoder().encode("\\n" + line + "\\n"));
    Deno.stdout.writeSync(new TextEncoder().encode("\\ntoken " + line + "\\n"));
    return "real";`,
  "half a line before its answer": `
    Deno.stdout.writeSync(new TextEncoder().encode("half a line"));
    return "real";`,
};

// Changes every built-in that an answer passes through, then looks for the mark of real answers.
const SPY = `
  globalThis.taken ??= [];
  const { taken } = globalThis;
  if (args.text === "look") {
    const texts = taken.map((t) => typeof t === "string" ? t : new TextDecoder().decode(t));
    return texts.some((t) => /[0-9a-f]{8}-[0-9a-f-]{27} /.test(t)) ? "seen" : "not seen";
  }
  const encode = TextEncoder.prototype.encode;
  TextEncoder.prototype.encode = function (text) { taken.push(text); return encode.call(this, text); };
  const stringify = JSON.stringify;
  JSON.stringify = (value) => { taken.push(stringify(value)); return stringify(value); };
  const subarray = Uint8Array.prototype.subarray;
  Uint8Array.prototype.subarray = function (...a) { taken.push(this); return subarray.apply(this, a); };
  const prototype = Object.getPrototypeOf(Uint8Array.prototype);
  const length = Object.getOwnPropertyDescriptor(prototype, "length").get;
  Object.defineProperty(prototype, "length", { get() { taken.push(this); return length.call(this); } });
  const write = Deno.stdout.writeSync;
  Deno.stdout.writeSync = function (bytes) { taken.push(bytes); return write.call(this, bytes); };
  const apply = Reflect.apply;
  Reflect.apply = (f, self, a) => { taken.push(String(self)); return apply(f, self, a); };
  return "changed";`;

for (const [way, launch] of Object.entries(LAUNCHES)) {
  Deno.test(`call() gives one clear error for every hostile tool and the toolbox goes on${way}`, async (t) => {
    const tools = Object.fromEntries(
      Object.entries(HOSTILE).map((
        [name, { run, fields }],
      ) => [name, toolSource(name, run, fields)]),
    );
    tools.good = toolSource("good", `return "still here";`);
    await withToolbox({ launch, tools }, async (toolbox) => {
      assertEquals(toolbox.warnings, []);
      for (const [name, { does, error }] of Object.entries(HOSTILE)) {
        await t.step(`a tool that ${does}`, async () => {
          assertMatch(errorOf(await toolbox.run(name)), error);
          assertEquals(outputOf(await toolbox.run("good")), "still here");
        });
      }
    });
  });

  Deno.test(`call() works again after the tool's process was killed${way}`, async () => {
    const source = toolSource(
      "twice",
      `if (args.text === "loop") for (;;); return args.text;`,
      `timeout_seconds: 2,`,
    );
    await withToolbox({ launch, tools: { twice: source } }, async (toolbox) => {
      const looping = await toolbox.run("twice", { text: "loop" });
      assertEquals(
        errorOf(looping),
        'The tool "twice" failed: it did not answer within 2 s and was stopped.',
      );
      assertEquals(outputOf(await toolbox.run("twice", { text: "again" })), "again");
      const [first, second] = toolbox.processes;
      assert(first?.pid !== second?.pid);
    });
  });

  Deno.test(`call() works again after a tool took the line of a later call for itself${way}`, async () => {
    const run = `if (args.text === "steal") {
      globalThis.reader = Deno.stdin.readable.getReader();
      globalThis.reader.read();
    }
    return args.text;`;
    const tools = { steals: toolSource("steals", run, `timeout_seconds: 1,`) };
    await withToolbox({ launch, tools }, async (toolbox) => {
      assertEquals(outputOf(await toolbox.run("steals", { text: "steal" })), "steal");
      // How many lines its reader takes, and how busy the machine is, decides how many calls fail.
      let result = await toolbox.run("steals", { text: "fine" });
      for (let calls = 1; !result.ok && calls < 6; calls++) {
        assertMatch(result.error, /it did not answer within 1 s and was stopped\.$/);
        result = await toolbox.run("steals", { text: "fine" });
      }
      assertEquals(outputOf(result), "fine");
    });
  });

  for (const [what, run] of Object.entries(FORGERIES)) {
    Deno.test(`call() takes the real answer of a tool that prints ${what}${way}`, async () => {
      await withToolbox(
        { launch, tools: { forger: toolSource("forger", run) } },
        async (toolbox) => {
          assertEquals(outputOf(await toolbox.run("forger")), "real");
          assertEquals(outputOf(await toolbox.run("forger")), "real");
        },
      );
    });
  }

  Deno.test(`call() keeps its mark from a tool that changed the built-ins${way}`, async () => {
    await withToolbox({ launch, tools: { spy: toolSource("spy", SPY) } }, async (toolbox) => {
      assertEquals(outputOf(await toolbox.run("spy")), "changed");
      assertEquals(outputOf(await toolbox.run("spy", { text: "look" })), "not seen");
      const pids = new Set(toolbox.processes.map(({ pid }) => pid));
      assertEquals(pids.size, 1);
    });
  });
}
