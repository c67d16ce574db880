// Unit tests of the page's pure part, by node's own runner.
import assert from "node:assert/strict";
import { test } from "node:test";
import { applied, compact, find, inserted, isKey, items, key, names, parseKeys, removed, stillOff, toggled, wordsBefore, written } from "../../web/lib/text.mjs";

test("tags are written with spaces and escaped brackets, emoticons as they are", () => {
  assert.equal(written("long_hair"), "long hair");
  assert.equal(written("saber_(fate)"), "saber \\(fate\\)");
  assert.equal(written("saber_(fate)", { spaces: false, escape: false }), "saber_(fate)");
  assert.equal(written("^_^"), "^_^");
  assert.equal(written("k-on!"), "k-on!");
});

test("every spelling of a tag has one key", () => {
  for (const text of ["long_hair", "Long Hair", "(long hair:1.2)", "((long hair))", "1.2::long hair::", " long  hair ", "[long_hair]"]) {
    assert.equal(key(text), "long_hair", text);
  }
  assert.equal(key("saber \\(fate\\)"), "saber_(fate)");
  assert.equal(key("saber_(fate)"), "saber_(fate)");
  assert.equal(key("(saber \\(fate\\):1.1)"), "saber_(fate)");
  assert.equal(key("@wlop"), "wlop");
});

/** @param {string} marked text with | at the cursor @param {string} tag */
const put = (marked, tag) => applied(inserted(marked.replace("|", ""), marked.indexOf("|"), tag));

test("a tag comes in at the cursor, with separators", () => {
  assert.equal(put("|", "smile"), "smile");
  assert.equal(put("1girl|", "smile"), "1girl, smile");
  assert.equal(put("1girl, |", "smile"), "1girl, smile");
  assert.equal(put("1girl,|", "smile"), "1girl, smile");
  assert.equal(put("1gi|rl, hat", "smile"), "1girl, smile, hat");
  assert.equal(put("1girl|, hat", "smile"), "1girl, smile, hat");
  assert.equal(put("1girl, | hat", "smile"), "1girl, smile, hat");
  assert.equal(put("1girl\n|", "smile"), "1girl\nsmile");
  assert.equal(put("|hat", "smile"), "smile, hat");
  assert.equal(put("双马尾，|", "smile"), "双马尾， smile");
});

/** @param {string} text @param {string} tag */
const take = (text, tag) => applied(removed(text, /** @type {any} */ (find(text, tag))));

test("a tag goes out with one separator", () => {
  assert.equal(take("smile", "smile"), "");
  assert.equal(take("1girl, smile", "smile"), "1girl");
  assert.equal(take("smile, 1girl", "smile"), "1girl");
  assert.equal(take("1girl, (Long Hair:1.2), hat", "long_hair"), "1girl, hat");
  assert.equal(take("1girl\nsmile, hat", "smile"), "1girl\nhat");
  assert.equal(find("1girl, smiley", "smile"), null);
});

test("in and out again is as before", () => {
  for (const text of ["", "1girl", "1girl, hat", "夜空下，一个女孩"]) {
    assert.equal(take(put(`${text}|`, "smile"), "smile"), text);
  }
});

test("the words before the cursor end at separators of any script", () => {
  assert.deepEqual(wordsBefore("1girl, 双马尾", 10), { text: "双马尾", start: 7, end: 10 });
  assert.deepEqual(wordsBefore("红眼睛，双马尾", 7), { text: "双马尾", start: 4, end: 7 });
  assert.equal(wordsBefore("a cat ears", 10).text, "a cat ears");
  assert.equal(wordsBefore("one\ntwo", 7).text, "two");
});

test("what is switched off stays so while it is found", () => {
  assert.deepEqual(names("long hair, Smile,, smile"), ["long_hair", "Smile", "smile"]);
  assert.equal(toggled("", "long_hair"), "long_hair");
  assert.equal(toggled("long hair, smile", "long_hair"), "smile");
  assert.deepEqual(stillOff("long_hair, hat", ["long_hair", "smile"]), ["long_hair"]);
});

const press = (/** @type {object} */ more) => ({ key: "q", code: "KeyQ", altKey: true, ctrlKey: false, shiftKey: false, metaKey: false, ...more });

test("no key is ours while an input method composes", () => {
  const wanted = parseKeys("Alt+Q");
  assert.equal(isKey(press({}), wanted), true);
  assert.equal(isKey(press({ isComposing: true }), wanted), false);
  assert.equal(isKey(press({ keyCode: 229 }), wanted), false);
  assert.equal(isKey(press({ ctrlKey: true }), wanted), false);
  assert.equal(isKey(press({ key: "œ" }), wanted), true); // a Mac writes this
  assert.equal(isKey(press({ key: "w", code: "KeyW" }), wanted), false);
  assert.equal(isKey(press({ key: "" }), parseKeys("")), false);
});

test("items know their places", () => {
  assert.deepEqual(items(" a, b"), [{ text: "a", start: 1, end: 2 }, { text: "b", start: 4, end: 5 }]);
});

test("counts are short in the reader's way", () => {
  assert.equal(compact(6_012_345, "en"), "6M");
  assert.equal(compact(6_012_345, "no such language!"), "6012345");
});
