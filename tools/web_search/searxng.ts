import { z } from "tool";
import { endpoint, type Provider } from "./provider.ts";

const schema = z.object({
  results: z.array(z.object({
    title: z.string().nullish(),
    url: z.string(),
    content: z.string().nullish(),
    publishedDate: z.string().nullish(),
  })),
});

/** An instance of SearXNG, whose format "json" is switched on. */
export const searxng: Provider = {
  name: "SearXNG",
  request(base, { query, recent }) {
    const range = recent === undefined ? {} : { time_range: recent };
    return new Request(endpoint(base, "/search", { q: query, format: "json", ...range }));
  },
  read(answer) {
    return schema.parse(answer).results.map(({ title, url, content, publishedDate }) => ({
      title: title ?? "",
      url,
      snippet: content ?? "",
      published: publishedDate ?? undefined,
    }));
  },
  statuses: {
    403: 'it does not give JSON: its operator has to add "json" to search.formats in settings.yml',
  },
};
