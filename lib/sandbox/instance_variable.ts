/** What the programs that a tool starts inherit: its token, by which they are found when they are to end. */
export const INSTANCE_VARIABLE = "TOOL_INSTANCE";
