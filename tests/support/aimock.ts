/**
 * Runs the mock server of the npm package aimock as a process of its own: it stands for every
 * OpenAI-compatible server that none of us wrote. Started with a file of its fixtures, it prints
 * `{"base_url": …}` and answers until it is killed.
 */
import { LLMock } from "@copilotkit/aimock";

const mock = new LLMock({ port: 0, chunkSize: 5 });
mock.loadFixtureFile(Deno.args[0]!);
await mock.start();
const line = `${JSON.stringify({ base_url: `${mock.url}/v1` })}\n`;
await Deno.stdout.write(new TextEncoder().encode(line));
