/** Debian's Chromium without a screen, told what to do over its debugging protocol. */
import { isInstalled } from "../bench/peers/is_installed.ts";
import { linesOf } from "../bench/lines_of.ts";

const PROGRAM = "chromium";
/** What takes longer has stopped. Milliseconds. */
const PATIENCE_MS = 30_000;
const WINDOW = { width: 1280, height: 900 };

/** Why a test that needs a browser is left out; empty where there is one. */
export const BROWSER_MISSING = await isInstalled(PROGRAM, "--version")
  ? ""
  : " (left out: chromium is not installed)";

interface Answer {
  readonly id?: number;
  readonly result?: Readonly<Record<string, unknown>>;
  readonly error?: { readonly message: string };
}

/** What a page says of an error in it. */
interface Thrown {
  readonly exception?: { readonly description?: string };
}

/** One browser with one page. Gone at the end of its scope. */
export class Browser implements AsyncDisposable {
  readonly #asked = new Map<number, PromiseWithResolvers<Readonly<Record<string, unknown>>>>();
  #session: string | undefined;
  #questions = 0;

  private constructor(
    private readonly child: Deno.ChildProcess,
    private readonly profile: string,
    private readonly socket: WebSocket,
    private readonly log: Promise<void>,
  ) {
    socket.onmessage = ({ data }) => this.#take(JSON.parse(data));
    socket.onclose = () => {
      for (const { reject } of this.#asked.values()) reject(new Error("the browser has ended"));
    };
  }

  /** Starts it with an empty page. */
  static async start(): Promise<Browser> {
    const profile = await Deno.makeTempDir({ prefix: "bts-browser-" });
    const child = new Deno.Command(PROGRAM, {
      args: [
        "--headless=new",
        // It shows only what the test itself serves, perhaps as root, which it wants no sandbox for.
        "--no-sandbox",
        "--disable-gpu",
        "--disable-dev-shm-usage",
        "--no-first-run",
        "--disable-background-networking",
        "--remote-debugging-port=0",
        `--user-data-dir=${profile}`,
        `--window-size=${WINDOW.width},${WINDOW.height}`,
        "about:blank",
      ],
      stdin: "null",
      stdout: "null",
      stderr: "piped",
    }).spawn();
    const found = Promise.withResolvers<string>();
    const log = (async () => {
      for await (const line of linesOf(child.stderr)) {
        const url = /^DevTools listening on (ws:.*)$/.exec(line)?.[1];
        if (url !== undefined) found.resolve(url);
      }
      found.reject(new Error("the browser ended before it could be asked"));
    })();
    const socket = await connect(await found.promise);
    const browser = new Browser(child, profile, socket, log);
    await browser.#openPage();
    return browser;
  }

  /** Goes to an address. */
  async open(url: string): Promise<void> {
    await this.#ask("Page.navigate", { url });
  }

  /** Resolves to the page's text as a person sees it, once all these words are in it. */
  async shows(...words: readonly string[]): Promise<string> {
    return await this.#run(
      `const look = () => ${
        JSON.stringify(words)
      }.every((word) => text().includes(word)) && text();`,
      `the page never shows ${words.join(", ")}`,
    );
  }

  /** Clicks on the button with these words on it, once it is there. */
  async press(label: string): Promise<void> {
    await this.#run(
      `const look = () => {
        const found = [...document.querySelectorAll("button")]
          .find(({ innerText }) => innerText.trim() === ${JSON.stringify(label)});
        found?.click();
        return found && "pressed";
      };`,
      `there is no button "${label}"`,
    );
  }

  /** A picture of what the window shows: PNG. */
  async screenshot(): Promise<Uint8Array> {
    const { data } = await this.#ask("Page.captureScreenshot", { format: "png" });
    return Uint8Array.fromBase64(String(data));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const closed = new Promise((resolve) => this.socket.addEventListener("close", resolve));
    this.#ask("Browser.close", {}).catch(() => {});
    const timer = setTimeout(() => this.child.kill("SIGKILL"), PATIENCE_MS);
    await Promise.all([this.child.status, this.log, closed]);
    clearTimeout(timer);
    await Deno.remove(this.profile, { recursive: true });
  }

  async #openPage(): Promise<void> {
    const { targetInfos } = await this.#ask("Target.getTargets", {});
    const page = (targetInfos as { type: string; targetId: string }[])
      .find(({ type }) => type === "page");
    const { sessionId } = await this.#ask("Target.attachToTarget", {
      targetId: page?.targetId,
      flatten: true,
    });
    this.#session = String(sessionId);
  }

  // In the page itself, so that nothing it shows for a moment only is missed.
  async #run(look: string, failure: string): Promise<string> {
    const expression = `new Promise((resolve, reject) => {
      const text = () => document.body?.innerText ?? "";
      ${look}
      const check = () => {
        const seen = look();
        if (!seen) return;
        observer.disconnect();
        clearTimeout(timer);
        resolve(seen);
      };
      const observer = new MutationObserver(check);
      const timer = setTimeout(() => {
        observer.disconnect();
        reject(new Error(${JSON.stringify(failure)} + ", but: " + text()));
      }, ${PATIENCE_MS});
      const options = { subtree: true, childList: true, characterData: true, attributes: true };
      observer.observe(document, options);
      check();
    })`;
    const { result, exceptionDetails } = await this.#ask("Runtime.evaluate", {
      expression,
      awaitPromise: true,
      returnByValue: true,
    });
    const { exception } = (exceptionDetails ?? {}) as Thrown;
    if (exceptionDetails !== undefined) throw new Error(exception?.description ?? failure);
    return String((result as { readonly value?: unknown }).value);
  }

  #ask(method: string, params: unknown): Promise<Readonly<Record<string, unknown>>> {
    const id = ++this.#questions;
    const asked = Promise.withResolvers<Readonly<Record<string, unknown>>>();
    this.#asked.set(id, asked);
    const session = this.#session === undefined ? {} : { sessionId: this.#session };
    this.socket.send(JSON.stringify({ id, method, params, ...session }));
    return asked.promise;
  }

  #take({ id, result, error }: Answer): void {
    const asked = this.#asked.get(id ?? 0);
    if (asked === undefined) return;
    this.#asked.delete(id ?? 0);
    if (error === undefined) asked.resolve(result ?? {});
    else asked.reject(new Error(error.message));
  }
}

async function connect(url: string): Promise<WebSocket> {
  const socket = new WebSocket(url);
  await new Promise((resolve, reject) => {
    socket.onopen = resolve;
    socket.onerror = () => reject(new Error(`the browser does not answer at ${url}`));
  });
  return socket;
}
