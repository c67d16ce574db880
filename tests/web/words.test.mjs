// The page's words: which language, what is filled in, and whose name a tag gets.
import "./page.mjs";
import assert from "node:assert/strict";
import { test } from "node:test";
import { begin } from "./host.mjs";

const { list, locale, nameOf, notice, ready, t } = await import("../../web/lib/words.mjs");
const { translate } = await import("../../web/lib/widgets.mjs");

const speak = (/** @type {string} */ language) => {
  begin({ settings: { "Comfy.Locale": language } });
  return ready();
};

test("a language of ComfyUI's becomes one of ours", () => {
  for (const [chosen, ours] of [["ja", "ja"], ["zh-TW", "zh-TW"], ["zh-HK", "zh-TW"], ["zh-CN", "zh"], ["ko-KR", "ko"], ["fr", "en"]]) {
    begin({ settings: { "Comfy.Locale": chosen } });
    assert.equal(locale(), ours);
  }
});

test("values are filled in, and what has no words is its own name", async () => {
  await speak("en");
  assert.equal(t("posts", { count: "1,000" }), "1,000 posts");
  assert.equal(t("posts"), "{count} posts");
  assert.equal(t("no.such.words"), "no.such.words");
  await speak("zh");
  assert.notEqual(t("posts", { count: 3 }), "3 posts");
});

test("a notice is said in the page's language with the reader's way of writing numbers, else as the server said it", async () => {
  await speak("en");
  assert.equal(notice({ key: "unread", values: { count: 12345 }, text: "x" }), "The last 12,345 characters were not read: the text is too long.");
  assert.equal(notice({ key: "of_another_version", values: {}, text: "As it was said." }), "As it was said.");
  await speak("ja");
  assert.equal(notice({ key: "unfound", values: { text: "量子" }, text: "x" }), "「量子」のタグは見つかりませんでした。");
});

test("a tag has the name of the reader's language, and either Chinese sooner than none", async () => {
  await speak("zh-TW");
  assert.equal(nameOf({ en: ["cat ears"], zh: ["猫耳"] }), "猫耳");
  assert.equal(nameOf({ zh: ["猫耳"], "zh-TW": "貓耳" }), "貓耳");
  await speak("ko");
  assert.equal(nameOf({ en: ["cat ears"], zh: ["猫耳"] }), "");
  assert.equal(list(["a", "b"]), "a 및 b");
});

test("choices and empty boxes speak the language, their values stay", async () => {
  await speak("ja");
  const node = { widgets: [{ name: "nsfw", options: { values: ["exclude", "sdxl"] } }] };
  translate(/** @type {any} */ (node));
  const label = /** @type {any} */ (node.widgets[0].options).getOptionLabel;
  assert.notEqual(label("exclude"), "exclude");
  assert.deepEqual([label("sdxl"), label(null), node.widgets[0].options.values], ["sdxl", "", ["exclude", "sdxl"]]);
});
