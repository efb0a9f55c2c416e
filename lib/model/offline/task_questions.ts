/** What the offline chat understands of questions about tasks: a table from words to what is meant. */

/** What is asked, and the words for the tasks it is asked about. */
export interface TaskQuestion {
  readonly kind: "result" | "retry" | "cancel" | "status" | "activity" | "list";
  /** For a list: the words that may name a state. */
  readonly target: string;
  /** Only what a result says about this. */
  readonly about?: string | undefined;
}

const PREFIX =
  /^(?:(?:and|so|well|ok|okay|now|then|hey|please|(?:can|could|would|will) you)\b[\s,]*)+(?=\S)/i;
const END = /(?:,? please)?[?!.\s]*$/i;
const NOW = /(?<=\S) (?:(?:right |just )?now|at the moment|currently|at present|so far)$/i;
const IS = String.raw`(?:'s|’s| is| was| are| were)`;
const LIST = /\b(?:what|which|list|show|any|are there|how many)\b.*\b(?:tasks?|jobs?)\b/i;
const GOING_ON = new RegExp(
  String
    .raw`^(?:what${IS}|is (?:anything|something)|anything|something) (?:(?:still |currently )?(?:running|pending|going on|happening|up|open))(?: (?:right now|now|in the background|there))*$` +
    String.raw`|^is it running$`,
  "i",
);
const ACTIVITY = new RegExp(
  String
    .raw`^(?:what are (?:you|they|we) (?:doing|working on|up to)|what${IS} (?:happening|going on|cooking|new|up)(?: with)?|what${IS} taking so long|how are (?:things|they|we|my tasks|the tasks)(?: doing| going)?|(?:the |current )?status|any (?:progress|luck)|progress|(?:is|are) (?:they|we|you|everything|all)(?: all)? (?:there|done|finished|ready)(?: yet)?|how far (?:are|is) (?:you|they|we|everything)|(?:give me )?(?:an )?update|(?:is|are) (?:anything|something|you) (?:happening|still working|working)|and|still (?:running|working))$`,
  "i",
);
const CANCEL = [
  /^(?:cancel|stop|abort|kill)(?:\s+(?<target>.+))?$/i,
  /^(?:delete|remove|clear|end|drop)\s+(?<target>.*\b(?:tasks?|jobs?|it|them|one)\b.*)$/i,
];
const RETRY = [
  /^(?:try|run|do|start|repeat|give)\s+(?<target>.+?)\s+(?:again|once more|anew|another (?:try|go))$/i,
  /^(?:retry|redo|rerun|repeat|restart)(?:\s+(?<target>.+))?$/i,
  /^(?:(?:try )?again|once more|try once more)$/i,
];
const STATUS = [
  /^(?:is|are|did|has|have|was|were)\s+(?<target>.+?)\s+(?:yet |already )?(?:done|ready|finish(?:ed)?|end(?:ed)?|work(?:ed)?|complete(?:d)?|over|through|fail(?:ed)?|succeed(?:ed)?)(?: yet| already)?$/i,
  new RegExp(String.raw`^what${IS} (?<target>.+) (?:doing|up to)$`, "i"),
  /^how (?:far|long)(?: along)? (?:is|are|will|does|has) (?<target>.+?)(?: (?:along|take|been running|need|still))*$/i,
  /^when (?:is|are|will|does) (?<target>.+?) (?:be )?(?:done|ready|finish(?:ed)?|end|over|complete(?:d)?)$/i,
  new RegExp(String.raw`^(?:what${IS} up with|why${IS}) (?<target>.+?)(?: taking so long)?$`, "i"),
  /^(?:is|are) (?<target>.+?) (?:still )?(?:running|working|pending)$/i,
  /^(?:tell me )?(?:more )?about (?<target>.*\b(?:tasks?|jobs?|one)\b.*)$/i,
  /^(?:open |look at |view )?(?<target>(?:task|job) #?\d{1,4}|#\d{1,4})$/i,
  /^(?:how(?:'s|’s| is| are)|what about|is|are|(?:what(?:'s|’s| is) )?(?:the )?(?:status|state|progress) (?:of|on)|look at|show(?: me)?)\s+(?<target>.+?)(?:\s+(?:doing|going|coming along))?$/i,
];
const ABOUT_TASKS =
  /\b(?:tasks?|jobs?|one)\b|\b(?:status|state|progress|doing|going|up|far|take|taking|long|when|running|working|pending)\b|\b(?:task|job) #?\d|^#\d|\b(?:done|ready|finish(?:ed)?|end(?:ed)?|work(?:ed)?|completed?|over|through|fail(?:ed)?|succeed(?:ed)?)(?: yet| already)?$/i;
const RESULT = [
  /^what (?:did|does|do|has|have) (?<target>.{1,80}?) (?:say|said|find|found|return(?:ed)?|get|got|bring|brought|report(?:ed)?|tell|told)(?: us| me| out)?(?: (?:about|on) (?<about>.+))?$/i,
  new RegExp(
    String.raw`^what${IS} the (?:results?|answers?|outcomes?)(?: (?:of|from|for) (?<target>.+))?$`,
    "i",
  ),
  /^what (?:came|has come|comes|became|has become|happened)(?: out)?(?: (?:of|to|with))?(?: (?<target>.+))?$/i,
  /^(?:is there |are there )?any(?: |thing )(?:new|news|results?|notifications?)(?: (?:of|from|on|about) (?<target>.+))?$/i,
  /^(?:(?:show|tell|give)(?: me)? )?(?:the )?(?:results?|answers?|outcomes?)(?: (?:of|from) (?<target>.+))?$/i,
  /^the (?<target>.+ (?:one|task|job))$/i,
  /^what (?:was|were) (?<target>.+)$/i,
];
const WHY = [
  /^(?:why|why not|how come|what went wrong|what(?:'s|’s| is) wrong|what was the (?:error|problem))(?: with (?<target>.+))?$/i,
  /^why (?:did|has|have) (?<target>.+?) (?:fail|failed|not work|end|ended)$/i,
];
const LISTED =
  /^(?:(?:my )?(?:tasks|jobs)|list|(?:show|list)(?: me)? (?:everything|all|them(?: all)?)|what (?:did|have) (?:i|you) (?:ask(?:ed)?|do|done|start(?:ed)?|schedul\w+)(?: (?:you )?(?:to do|for|so far|today))*|what(?:'s|’s| is) (?:scheduled|planned|next|queued)|what (?:has )?(?:failed|ended|finished))$/i;

/** Reads a question; `undefined` where it is none about tasks. */
export function taskQuestion(said: string): TaskQuestion | undefined {
  const text = plainQuestion(said);
  if (ACTIVITY.test(text)) return { kind: "activity", target: "" };
  const result = match(RESULT, text);
  if (result !== undefined) return { kind: "result", ...result };
  const why = match(WHY, text);
  if (why !== undefined) return { kind: "result", target: `${why.target}, the last failed one` };
  const retry = match(RETRY, text);
  if (retry !== undefined) return { kind: "retry", ...retry };
  const cancel = match(CANCEL, text);
  if (cancel !== undefined) return { kind: "cancel", ...cancel };
  if (GOING_ON.test(text)) return { kind: "list", target: "running" };
  const status = match(STATUS, text);
  if (
    status !== undefined && ABOUT_TASKS.test(text) && !/\b(?:tasks|jobs)\b/i.test(status.target)
  ) {
    return { kind: "status", ...status };
  }
  return LIST.test(text) || LISTED.test(text) ? { kind: "list", target: text } : undefined;
}

/** The words for a task in a question that names nothing else: "and Rome?", "what about Oslo?". */
export function looseQuestion(said: string): string | undefined {
  return /^(?:(?:and|what about|how about|what(?:'s|’s| is) up with|tell me about|more about|about) )+(?:the )?(?<target>\S.{0,60})$/i
    .exec(said.replace(END, ""))?.groups?.target;
}

/** Without courtesy, and without "just now", which says nothing of which task is meant. */
function plainQuestion(said: string): string {
  return said.replace(END, "").replace(NOW, "").replace(PREFIX, "");
}

function match(
  patterns: readonly RegExp[],
  text: string,
): { target: string; about?: string | undefined } | undefined {
  for (const pattern of patterns) {
    const found = pattern.exec(text);
    if (found !== null) return { target: found.groups?.target ?? "", about: found.groups?.about };
  }
  return undefined;
}
