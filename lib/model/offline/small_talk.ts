/** What the offline model says of itself. */

/** Who is speaking, and the way to something better. */
export const WHAT_I_AM =
  "I am the built-in offline model: a few rules, not a language model. For a real one set OPENAI_API_KEY, or OPENAI_BASE_URL for any OpenAI-compatible server.";

const CAN_DO = `I can start background tasks and tell you how they end:
- check the weather in Oslo, Bergen and Tromsø in the background
- work out 17*23 in the background
- in 10 minutes, what time is it in Tokyo
- read notes.txt in the background
- first check the weather in Oslo, then work out 2^10, in the background
- what is running? · how is the weather task doing? · cancel it · try it again
- what came of it? · what did the third task say about rain?`;

interface Talk {
  readonly sign: RegExp;
  readonly answer: string;
}

const TALKS: readonly Talk[] = [
  {
    sign:
      /^(?:\/?help|what (?:all |else )?can you do(?: for me)?|what do you do|(?:who|what) are you|are you (?:an? )?(?:ai|llm|gpt|chatgpt|real|human|robot|language model)|how does this work)$/i,
    answer: `${WHAT_I_AM}\n${CAN_DO}`,
  },
  {
    sign: /^(?:hi|hello|hey|hei|good (?:morning|afternoon|evening|day))(?: there| again)?$/i,
    answer: `Hello! ${WHAT_I_AM} Try: "check the weather in Oslo in the background".`,
  },
  {
    sign:
      /^(?:(?:ok|okay|great)[, ]+)?(?:thanks|thank you|thx|great|ok|okay|cool|nice)(?: (?:a lot|so much|very much|for .{1,40}))?$/i,
    answer: "You are welcome.",
  },
  {
    sign: /^(?:bye|goodbye|good night|see you(?: later| soon)?)$/i,
    answer: "Goodbye. Tasks go on without this chat.",
  },
  {
    sign: /^(?:how (?:do|can) i (?:quit|exit|leave|get out)|quit|exit)$/i,
    answer: "Type /quit, or press Ctrl-D. Tasks go on without this chat.",
  },
  { sign: /^how are you(?: doing)?(?: today)?$/i, answer: `Ready. ${WHAT_I_AM}` },
];

/** An answer to a few words of courtesy; `undefined` for all else. */
export function smallTalk(text: string): string | undefined {
  const words = text.trim().replace(/[.!?,\s]+$/, "");
  return TALKS.find(({ sign }) => sign.test(words))?.answer;
}

/** What is said to everything that the rules do not cover. */
export const NOT_UNDERSTOOD = `I do not understand that. ${WHAT_I_AM}
I can start background tasks (the weather, the time, sums, files of the workspace) and look after them. Try "check the weather in Oslo in the background"; "help" has more.`;
