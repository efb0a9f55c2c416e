/** From the start of `deno task main` to a prompt at which one can type, in a terminal. */
import { join } from "@std/path";
import { startChat } from "./chat_process.ts";
import type { Section } from "./figure.ts";

export const prompt: Section = {
  letter: "i",
  title: "Start of the chat",
  async run({ root, rounds, progress }) {
    const values: number[] = [];
    // The first one fills Deno's cache where it is cold.
    for (let round = 0; round <= rounds; round++) {
      progress(`start of the chat, round ${round}`);
      const directory = join(root, `prompt-${round}`, "persistent");
      Deno.mkdirSync(directory, { recursive: true });
      const began = performance.now();
      await using _chat = await startChat(directory);
      if (round > 0) values.push(performance.now() - began);
    }
    return [{
      section: "i",
      name: "start of main → prompt",
      unit: "ms",
      values,
      must: { most: 400 },
    }];
  },
};
