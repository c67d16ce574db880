// Text boxes: what a press in the sidebar and the expansion in place do to them; and what is kept of it.
import "./page.mjs";
import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";
import { Failure, begin, said } from "./host.mjs";
import { element, textBox } from "./page.mjs";

const { isPromptBox, remember, toggle } = await import("../../web/lib/box.mjs");
const { expandHere } = await import("../../web/lib/popup.mjs");
const memory = await import("../../web/lib/memory.mjs");
const { filterBar, press } = await import("../../web/lib/filters.mjs");

beforeEach(() => begin());

const kept = () => JSON.parse(said.files["danbooru-index.json"]);

test("only a box that can be written in is one of a prompt", () => {
  assert.ok(isPromptBox(/** @type {any} */ (textBox("x"))));
  assert.ok(!isPromptBox(/** @type {any} */ (Object.assign(textBox("x"), { readOnly: true }))));
  assert.ok(!isPromptBox(element("input")));
});

test("a tag goes in at the cursor and out again, and the node hears of both", () => {
  const box = /** @type {any} */ (textBox("1girl, smile", 5));
  let heard = 0;
  box.addEventListener("input", () => { heard += 1; });
  remember(box);
  assert.equal(toggle("cat_ears"), "inserted");
  assert.equal(box.value, "1girl, cat ears, smile");
  assert.equal(toggle("cat_ears"), "removed");
  assert.deepEqual([box.value, heard], ["1girl, smile", 2]);
  box.isConnected = false;
  assert.equal(toggle("cat_ears"), null);
});

test("the selected words are expanded in place, with what goes to the negative side and what is warned of", async () => {
  said.settings["danbooru-index.style"] = "tags";
  said.answer = () => ({ prompt: "cat_ears", negative: "hat", notices: [{ key: "unfound", values: { text: "qwz" }, text: "x" }] });
  const box = /** @type {any} */ (textBox("masterpiece, 猫耳 qwz", 13, 19));
  await expandHere(box);
  assert.equal(box.value, "masterpiece, cat_ears");
  assert.deepEqual([said.asked[0].body.text, said.asked[0].body.style], ["猫耳 qwz", "tags"]);
  assert.equal(said.toasts[0].detail, "For the negative prompt: hat\nNothing was found for “qwz”.");
  assert.equal(box.getAttribute("aria-busy"), null);
});

test("without a selection it is the line up to the cursor", async () => {
  said.answer = () => ({ prompt: "a", negative: "", notices: [] });
  const box = /** @type {any} */ (textBox("one\n  two, three\nfour", 16));
  await expandHere(box);
  assert.equal(box.value, "one\n  a\nfour");
});

test("what somebody types meanwhile is not overwritten, and an error is said", async () => {
  const box = /** @type {any} */ (textBox("猫耳"));
  said.answer = () => {
    box.value = "猫耳と";
    return { prompt: "cat ears", negative: "", notices: [] };
  };
  await expandHere(box);
  assert.deepEqual([box.value, said.toasts], ["猫耳と", []]);
  said.answer = () => { throw new Failure(503, { code: "encoder", error: "x", hint: "y" }); };
  await expandHere(box);
  assert.match(said.toasts[0].summary, /^The encoder cannot be used/);
  await expandHere(/** @type {any} */ (textBox("  ")));
  assert.match(said.toasts[1].summary, /^Select some text/);
});

test("history and favourites: the newest first, each once, within bounds; a broken file is an empty one", async () => {
  said.files["danbooru-index.json"] = "{";
  assert.deepEqual(await memory.read(), { history: [], favourites: [] });
  said.files["danbooru-index.json"] = JSON.stringify({ history: Array.from({ length: 200 }, (_, number) => `old ${number}`), favourites: [5, "hat"] });
  await memory.addToHistory("old 3");
  await memory.addToHistory("new");
  await memory.setFavourite("cat_ears", true);
  assert.deepEqual(kept().favourites, ["cat_ears", "hat"]);
  assert.deepEqual([kept().history.slice(0, 3), kept().history.length], [["new", "old 3", "old 0"], 200]);
  await memory.setFavourite("hat", false);
  await memory.clearHistory();
  assert.deepEqual(kept(), { history: [], favourites: ["cat_ears"] });
});

test("a press on a filter says which", () => {
  /** @type {any[]} */
  const changes = [];
  const bar = /** @type {any} */ (filterBar({ category: "", nsfw: "exclude" }, (change) => changes.push(change)));
  const artist = bar.all().find((/** @type {any} */ one) => one.dataset.category === "artist");
  artist.click();
  assert.deepEqual(changes, [{ category: "artist" }]);
  bar.querySelectorAll = () => bar.all().filter((/** @type {any} */ one) => "category" in one.dataset);
  press(bar, "artist");
  assert.equal(artist.getAttribute("aria-pressed"), "true");
});
