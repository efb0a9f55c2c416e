import { z } from "tool";
import { endpoint, type Provider } from "./provider.ts";

const schema = z.object({
  results: z.array(z.object({
    title: z.string().nullish(),
    url: z.string(),
    content: z.string().nullish(),
    published_date: z.string().nullish(),
  })),
});

const USED_UP = "the plan's searches are used up";

/** Tavily's API. */
export const tavily: Provider = {
  name: "Tavily",
  url: "https://api.tavily.com",
  key_variable: "TAVILY_API_KEY",
  request(base, { query, count, recent }, key) {
    const range = recent === undefined ? {} : { time_range: recent };
    return new Request(endpoint(base, "/search"), {
      method: "POST",
      headers: { authorization: `Bearer ${key}`, "content-type": "application/json" },
      body: JSON.stringify({ query, max_results: count, ...range }),
    });
  },
  read(answer) {
    return schema.parse(answer).results.map(({ title, url, content, published_date }) => ({
      title: title ?? "",
      url,
      snippet: content ?? "",
      published: published_date ?? undefined,
    }));
  },
  statuses: { 432: USED_UP, 433: USED_UP },
};
