/** What the offline model says of itself. */

/** Who is speaking, and the way to something better. */
export const WHAT_I_AM =
  "I am the built-in offline model: a few rules, not a language model. For a real one set OPENAI_API_KEY, or OPENAI_BASE_URL for any OpenAI-compatible server.";

/** The kinds of work, in one line. */
export const WHAT_I_DO =
  "The built-in offline model does the weather, the time, sums, files, web pages, notes and reminders.";

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
      /^(?:\/?help|what (?:all |else )?can you do(?: for me)?|what do you do|what can i (?:ask|do|say|type)(?: here| you)?|how does this work|how (?:do|can) i (?:start|run|schedule|create|make|use|add) .{1,40}|examples?)$/i,
    answer: `${WHAT_I_AM}\n${CAN_DO}`,
  },
  {
    sign:
      /^(?:(?:who|what) are you|are you (?:an? )?(?:ai|llm|gpt|chatgpt|claude|bot|real|human|robot|language model|there)|who (?:made|built|wrote) you|what(?:'s|’s| is) your name|which model (?:is this|are you))$/i,
    answer: `${WHAT_I_AM} "help" shows what I can do.`,
  },
  {
    sign:
      /^(?:hi|hello|hey|hei|yo|hiya|good (?:morning|afternoon|evening|day))(?: there| again| all)?$/i,
    answer:
      'Hello! I am the built-in offline model. Try "check the weather in Oslo in the background"; "help" has more.',
  },
  {
    sign:
      /^(?:(?:ok|okay|great|perfect|no|cool)[, ]+)?(?:thanks|thank you|thx|ty|cheers)(?:,? (?:a lot|so much|very much|again|for .{1,40}))?$/i,
    answer: "You are welcome.",
  },
  {
    sign:
      /^(?:(?:ok|okay|great|cool|nice|good|perfect|fine|awesome|wow|lol|haha|hm+|i see|got it|all right|alright|right|well done|very good|good job|no problem)(?:,? (?:then|good|great|cool|nice))?)$/i,
    answer: "All right.",
  },
  {
    sign: /^(?:yes|yep|yeah|sure|go ahead|do it)(?:,? please)?$/i,
    answer: 'I have offered nothing just now. "help" shows what I can do.',
  },
  {
    sign: /^(?:no|nope|nah|no,? thanks?|not now|never ?mind|forget (?:it|that))$/i,
    answer: 'All right. What was started goes on; "cancel it" stops it.',
  },
  {
    sign: /^(?:bye|goodbye|good night|see you(?: later| soon)?)$/i,
    answer: "Goodbye. Tasks go on without this chat.",
  },
  {
    sign: /^(?:how (?:do|can) i (?:quit|exit|leave|get out)|quit|exit)$/i,
    answer: "Type /quit, or press Ctrl-D. Tasks go on without this chat.",
  },
  { sign: /^how are you(?: doing)?(?: today)?$/i, answer: 'Ready. "help" shows what I can do.' },
  {
    sign: /^do you (?:speak|understand|know) \w+$/i,
    answer: "I understand some English, no more.",
  },
];
const GREETING = /^(?:hi|hello|hey|hiya|ok|okay|so|and)\b[\s,.!]+(?=\S)/i;

/** An answer to a few words of courtesy; `undefined` for all else. */
export function smallTalk(text: string): string | undefined {
  const words = text.trim().replace(/[.!?,\s]+$/, "");
  const answerTo = (said: string) => TALKS.find(({ sign }) => sign.test(said))?.answer;
  return answerTo(words) ?? answerTo(words.replace(GREETING, ""));
}

const NOT_UNDERSTOOD = `I do not understand that. ${WHAT_I_AM}
Try "check the weather in Oslo in the background" or "what is running?"; "help" has more.`;

/**
 * What is said to everything that the rules do not cover: at length once, then in few words.
 *
 * @param answered what was answered just before
 */
export function notUnderstood(answered: string): string {
  return answered.startsWith("I do not understand that")
    ? 'I do not understand that either. "help" shows what I can do.'
    : NOT_UNDERSTOOD;
}
