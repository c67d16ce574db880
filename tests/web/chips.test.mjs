// The chips of a node: their states, and what a press on one does to the input `without`.
import "./page.mjs";
import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";
import { begin, said } from "./host.mjs";
import { element } from "./page.mjs";

const { draw } = await import("../../web/lib/chips.mjs");

beforeEach(() => begin());

const concept = (/** @type {string} */ text, /** @type {any[]} */ chips, more = {}) => ({ text, status: "covered", negated: false, chips, ...more });
const fit = (/** @type {string} */ tag) => ({ tag, state: "fits", score: 0.9, posts: 1200, category: "general", names: { en: [tag], zh: ["猫耳"] } });

/** A node's chips as they are drawn. @param {any} shown @param {string} [without] */
async function drawn(shown, without = "") {
  const node = { size: [300, 200], computeSize: () => [300, 200], setSize: () => undefined, graph: { change: () => { node.changed += 1; } }, changed: 0 };
  const input = { value: without };
  const root = element();
  await draw(node, root, shown, input);
  const chips = () => Object.fromEntries(root.querySelectorAll(".dbi-chip").map((/** @type {any} */ one) => [one.getAttribute("data-tag"), one]));
  const states = () => Object.fromEntries(Object.entries(chips()).map(([tag, one]) => [tag, one.getAttribute("data-state")]));
  return { node, input, root, chips, states };
}

test("a press switches a tag off, and another on again", async () => {
  const { node, input, chips, states, root } = await drawn({ kind: "expand", concepts: [concept("猫耳", [fit("cat_ears")]), concept("x", [fit("hat")])], report: "r" });
  assert.deepEqual(states(), { cat_ears: "fits", hat: "fits" });
  chips().cat_ears.click();
  assert.deepEqual([input.value, states().cat_ears, chips().cat_ears.getAttribute("aria-pressed")], ["cat_ears", "off", "false"]);
  chips().hat.click();
  assert.equal(input.value, "cat_ears, hat");
  chips().cat_ears.click();
  assert.deepEqual([input.value, states().cat_ears, node.changed], ["hat", "fits", 3]);
  root.querySelectorAll(".dbi-link").find((/** @type {any} */ one) => one.textContent === "All on").click();
  assert.deepEqual([input.value, states().hat], ["", "fits"]);
});

test("another result keeps what is still found switched off, in any spelling, and drops the rest", async () => {
  const { input, states } = await drawn({ kind: "expand", concepts: [concept("x", [fit("cat_ears")])] }, "Cat Ears, umbrella");
  assert.equal(input.value, "Cat_Ears");
  assert.deepEqual(states(), { cat_ears: "off" });
});

test("a weak tag of a search is copied and not switched", async () => {
  const { input, chips, states } = await drawn({ kind: "search", concepts: [concept("x", [fit("a_tag"), { ...fit("b_tag"), state: "weak" }])] });
  chips().b_tag.click();
  assert.deepEqual([input.value, states().b_tag, chips().b_tag.getAttribute("aria-pressed")], ["", "weak", "false"]);
  assert.equal(said.toasts[0].summary, "Copied: b tag");
});

test("added tags stand on a line of their own, say so, and can be switched off", async () => {
  const added = concept("", [{ ...fit("outdoors"), state: "added", score: undefined }]);
  const { chips, states, root, input } = await drawn({ kind: "expand", concepts: [concept("猫耳", [fit("cat_ears")]), added] });
  assert.deepEqual(states(), { cat_ears: "fits", outdoors: "added" });
  assert.equal(root.querySelectorAll(".dbi-words")[1].textContent, "+ added");
  assert.match(chips().outdoors.title, /added: often on the same pictures/);
  chips().outdoors.click();
  assert.deepEqual([input.value, states().outdoors], ["outdoors", "off"]);
});

test("what was not found and what the engine warns of are said", async () => {
  const notices = [{ key: "unread", values: { count: 2000 }, text: "x" }, { key: "unfound", values: { text: "量子" }, text: "x" }];
  const { root } = await drawn({ kind: "expand", concepts: [concept("量子", [], { status: "not found" })], notices });
  assert.match(root.textContent, /量子nothing found/);
  assert.match(root.textContent, /The last 2,000 characters were not read/);
  assert.equal(root.querySelectorAll(".dbi-notice").length, 1); // the line of the concept says the other
});

test("before a run the tags that are switched off can be switched on", async () => {
  const { input, chips } = await drawn(null, "cat_ears, hat");
  chips().hat.click();
  assert.equal(input.value, "cat_ears");
});
