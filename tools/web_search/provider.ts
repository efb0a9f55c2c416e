/** What a search asks for. */
export interface Search {
  readonly query: string;
  readonly count: number;
  /** How old a result may be. */
  readonly recent?: Recent | undefined;
}

export type Recent = "day" | "month" | "year";

/** One thing found, as the provider has it. */
export interface Found {
  readonly title: string;
  readonly url: string;
  readonly snippet: string;
  /** When it was published, in the provider's words. */
  readonly published?: string | undefined;
}

/** A service that searches the web: how it is asked, and how its answer is read. */
export interface Provider {
  /** For people. */
  readonly name: string;
  /** Where it is, unless the settings say so; absent where there is no such place. */
  readonly url?: string;
  /** The variable that its key is in, unless the settings say so; absent where it needs none. */
  readonly key_variable?: string;
  request(base: string, search: Search, key: string): Request;
  /** @throws {Error} (any) when the answer has another form */
  read(answer: unknown): Found[];
  /** What a status means with this provider, as a clause, where it is not what it commonly is. */
  readonly statuses?: Readonly<Record<number, string>>;
}

/** The address of an endpoint below a base that may end in a slash. */
export function endpoint(base: string, path: string, query: Record<string, string> = {}): URL {
  const url = new URL(base.replace(/\/+$/, "") + path);
  url.search = new URLSearchParams(query).toString();
  return url;
}
