/**
 * The only reader of the environment. Flag over environment over `.env` over default.
 */

/** What the programs are told from outside, resolved once. Paths are absolute. */
export interface Config {
  readonly persistent_dir: string;
  /** Secret: never printed. Absent where a base URL makes it optional, or offline. */
  readonly api_key: string | undefined;
  readonly base_url: string | undefined;
  /** Neither key nor base URL: the built-in offline model answers. */
  readonly offline: boolean;
  readonly main_model: string;
  readonly background_model: string;
  readonly concurrency: number;
  readonly durability: "full" | "relaxed";
  readonly log_level: "trace" | "debug" | "info" | "warning" | "error" | "fatal";
  readonly log_format: "pretty" | "json";
  readonly color: boolean;
  readonly tools_file: string;
  readonly queue_url: string | undefined;
}
