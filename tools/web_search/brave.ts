import { z } from "tool";
import { endpoint, type Provider } from "./provider.ts";

const schema = z.object({
  // Absent where nothing was found.
  web: z.object({
    results: z.array(z.object({
      title: z.string(),
      url: z.string(),
      description: z.string().nullish(),
      page_age: z.string().nullish(),
    })).default([]),
  }).nullish(),
});

const FRESHNESS = { day: "pd", month: "pm", year: "py" };

/** Brave Search's API. */
export const brave: Provider = {
  name: "Brave Search",
  url: "https://api.search.brave.com",
  key_variable: "BRAVE_API_KEY",
  request(base, { query, count, recent }, key) {
    const freshness = recent === undefined ? {} : { freshness: FRESHNESS[recent] };
    const wanted = { q: query, count: String(count), text_decorations: "false", ...freshness };
    return new Request(endpoint(base, "/res/v1/web/search", wanted), {
      headers: { "x-subscription-token": key },
    });
  },
  read(answer) {
    return (schema.parse(answer).web?.results ?? []).map((
      { title, url, description, page_age },
    ) => ({ title, url, snippet: description ?? "", published: page_age ?? undefined }));
  },
  // For a key that is none it has this status beside the common ones.
  statuses: { 422: "it did not take the key or the query" },
};
