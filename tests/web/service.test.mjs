// What the server says, in the user's words, and how often it is asked.
import "./page.mjs";
import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";
import { Failure, api, begin, said } from "./host.mjs";
import { element } from "./page.mjs";

const { ask, describe, forget, prepare } = await import("../../web/lib/service.mjs");
const { LiveSearch } = await import("../../web/lib/search.mjs");
const { showJob } = await import("../../web/lib/job.mjs");
const { ready } = await import("../../web/lib/words.mjs");

beforeEach(async () => {
  begin();
  forget();
  await ready();
});

const fails = (/** @type {number} */ status, /** @type {any} */ value) => () => { throw new Failure(status, value); };

test("an error has our words by its code, else the server's with its hint", async () => {
  said.answer = fails(503, { code: "offline", error: "raw", hint: "raw hint" });
  await assert.rejects(ask("search", {}), { message: /told to stay offline/, hint: "", code: "offline" });
  said.answer = fails(400, { code: "input", error: "There is no field 'x'.", hint: "Leave it out." });
  await assert.rejects(ask("search", {}), { message: "There is no field 'x'.", hint: "Leave it out." });
  said.answer = fails(500, {});
  await assert.rejects(ask("search", {}), { message: "Something went wrong.", code: "500" });
  said.answer = () => { throw new TypeError("fetch failed"); };
  await assert.rejects(ask("search", {}), { message: "ComfyUI does not answer.", code: "unreachable" });
});

test("in Korean too", async () => {
  said.settings = { "Comfy.Locale": "ko" };
  await ready();
  said.answer = fails(503, { code: "no_index", error: "There is no index yet." });
  await assert.rejects(ask("search", {}), (/** @type {Error} */ error) => /색인/.test(error.message));
});

test("tags are described once, by the hundred", async () => {
  said.answer = (_, body) => ({ tags: body.tags.map((/** @type {string} */ query) => ({ query, tag: query })) });
  const tags = Array.from({ length: 150 }, (_, number) => `tag_${number}`);
  assert.equal((await describe(tags)).get("tag_149").tag, "tag_149");
  assert.deepEqual(said.asked.map(({ body }) => body.tags.length), [100, 50]);
  await describe([...tags, "one_more"]);
  assert.deepEqual(said.asked.at(-1)?.body.tags, ["one_more"]);
});

test("whoever needs the index waits for one job, and hears why it failed", async () => {
  said.answer = () => ({ id: "1", kind: "prepare", state: "done" });
  await Promise.all([prepare(() => undefined), prepare(() => undefined)]);
  assert.equal(said.asked.length, 1);
  said.answer = () => ({ id: "2", kind: "prepare", state: "failed", error: "raw", hint: "do", code: "hub" });
  await assert.rejects(prepare(() => undefined), { message: /Neither the Hub nor a mirror/, hint: "" });
});

test("of what is typed the newest is searched next, and an answer that came late is not shown", async () => {
  /** @type {any[]} */
  const found = [];
  /** @type {((value?: any) => void)[]} */
  const open = [];
  said.answer = (path) => (path === "tags" ? { tags: [] } : new Promise((go) => open.push(() => go({ hits: [] }))));
  const search = new LiveSearch({ filters: () => ({}), found: (one) => found.push(one.text), failed: (error) => found.push(error) });
  const until = async (/** @type {() => boolean} */ there) => { while (!there()) await new Promise((go) => setTimeout(go, 5)); };
  search.type("cat", true);
  await until(() => open.length === 1);
  search.type("cat e", true);
  search.type("cat ears", true);
  open[0]();
  await until(() => open.length === 2);
  open[1]();
  await until(() => found.length === 2); // at once, and again with what is known of the tags
  assert.deepEqual(found, ["cat ears", "cat ears"]);
  assert.deepEqual(said.asked.filter(({ path }) => path === "search").map(({ body }) => body.text), ["cat", "cat ears"]);
});

test("a search without an index has it made, and then searches", async () => {
  let made = false;
  said.answer = (path) => {
    if (path === "comfyui/prepare") made = true;
    if (path === "search" && !made) throw new Failure(503, { code: "no_index" });
    return path === "search" ? { hits: [] } : { state: "done", tags: [] };
  };
  await new Promise((found) => {
    new LiveSearch({ filters: () => ({}), found, failed: assert.fail, waiting: () => undefined }).type("cat", true);
  });
  assert.deepEqual(said.asked.slice(0, 3).map(({ path }) => path), ["search", "comfyui/prepare", "search"]);
});

test("a job is shown with its step, and a failed one with our words before the server's", () => {
  const box = element();
  const job = { id: "1", kind: "rebuild", state: "running", stage: "encoding", done: 1200, total: 30000, unit: "texts", remaining: 36 };
  showJob(box, job);
  const cancel = box.querySelector(".dbi-button");
  assert.match(box.textContent, /encoding texts: 1,200 of 30,000 · about 36 s left/);
  showJob(box, { ...job, done: 1500 });
  assert.match(box.textContent, /1,500 of/);
  assert.equal(box.querySelector(".dbi-button"), cancel); // a press on it must not miss
  cancel.click();
  assert.equal(said.asked[0].path, "comfyui/cancel");
  showJob(box, { ...job, state: "failed", error: "The folder holds that.", hint: "Do this.", code: "unfinished" });
  assert.match(box.querySelector(".dbi-error").textContent, /An unfinished build of something else/);
  assert.equal(box.querySelector(".dbi-faint").textContent, "The folder holds that. Do this.");
  showJob(box, { ...job, state: "failed", error: "Another job is running.", hint: "Wait.", code: "input" });
  assert.equal(box.querySelector(".dbi-error").textContent, "Another job is running. Wait.");
  showJob(box, { ...job, state: "done", report: "raw", said: { key: "verified", values: { files: 1234 } } });
  assert.match(box.textContent, /All 1,234 files are as they were built/);
  assert.ok(api);
});
