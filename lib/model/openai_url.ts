/** What the OpenAI API is at when no other server is named. */
export const OPENAI_URL = "https://api.openai.com/v1";
