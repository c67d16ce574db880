// What ComfyUI's page loads at its start: settings, the sidebar tab, two keys, and the nodes' places for chips.
// Everything else is imported at its first use, from files that ComfyUI does not import by itself (.mjs).
import { api } from "../../scripts/api.js";
import { app } from "../../scripts/app.js";
import { isPromptBox, remember } from "./lib/box.mjs";
import { DEFAULTS, NSFW, STYLES, setting, toast } from "./lib/settings.mjs";
import { isKey, parseKeys } from "./lib/text.mjs";
import { translate } from "./lib/widgets.mjs";
import { locale, ready, t } from "./lib/words.mjs";

const SHOWING = new Set(["DanbooruIndexTagSearch", "DanbooruIndexPromptExpand", "DanbooruIndexRelatedTags"]);
const CHIPS = "danbooru_index_chips";
const CATEGORY = "Danbooru Index";

/** @param {() => Promise<any>} run */
async function safely(run) {
  try {
    return await run();
  } catch (error) {
    console.error("danbooru-index:", error);
    toast("error", "Danbooru Index", String(/** @type {Error} */ (error).message ?? error));
  }
}

// Text boxes

document.addEventListener("focusin", (event) => isPromptBox(event.target) && remember(event.target), true);
document.addEventListener("selectionchange", () => isPromptBox(document.activeElement) && remember(document.activeElement), true);
document.addEventListener("input", (event) => isPromptBox(event.target) && remember(event.target), true);

window.addEventListener("keydown", (event) => {
  const box = event.target;
  // A key that an input method is using is never ours; isKey looks at that first.
  if (!isPromptBox(box)) return;
  const search = isKey(event, parseKeys(String(setting("keySearch"))));
  if (!search && !isKey(event, parseKeys(String(setting("keyExpand"))))) return;
  event.preventDefault();
  event.stopImmediatePropagation();
  remember(box);
  void safely(async () => {
    const popup = await import("./lib/popup.mjs");
    return search ? popup.searchHere(box) : popup.expandHere(box);
  });
}, true);

// A source that only the workflow names

api.addEventListener("execution_error", (/** @type {CustomEvent} */ event) => {
  if (!String(event.detail?.exception_type).startsWith("danbooru_index.")) return;
  const named = /(allowed_\w+) = (\[".*"\])/.exec(event.detail.exception_message ?? "");
  if (named) void safely(async () => (await import("./lib/allow.mjs")).offer(named[1], named[2]));
});

// Nodes

/** Room for chips below a node's inputs; drawn when there is something to show. @param {any} node */
function addChips(node) {
  const input = node.widgets?.find((/** @type {any} */ widget) => widget.name === "without");
  if (input) {
    // The chips are its face; without JavaScript it stays a plain text field.
    input.hidden = true;
    input.options = { ...input.options, hidden: true };
  }
  const root = document.createElement("div");
  root.className = "dbi dbi-chips";
  const widget = node.addDOMWidget(CHIPS, CHIPS, root, { serialize: false, hideOnZoom: true, getMinHeight: () => Number(root.dataset.height ?? 96), margin: 8 });
  widget.serialize = false;
  const draw = (/** @type {any} */ shown) =>
    safely(async () => (await import("./lib/chips.mjs")).draw(node, root, shown, input));
  const executed = node.onExecuted;
  node.onExecuted = function (/** @type {any} */ output) {
    executed?.apply(this, arguments);
    const [shown] = output?.danbooru_index ?? [];
    if (shown) void draw(shown);
  };
  const configured = node.onConfigure;
  node.onConfigure = function () {
    configured?.apply(this, arguments);
    void draw(null);
  };
  void draw(null);
}

/** A button that builds the index, with a question before. @param {any} node */
function addRebuild(node) {
  const value = (/** @type {string} */ name) => node.widgets?.find((/** @type {any} */ widget) => widget.name === name)?.value ?? "";
  const button = node.addWidget("button", "Build now …", null, () => safely(async () => {
    const corpus = String(value("corpus")).trim();
    if (corpus === "" || corpus === "starter") {
      return (await import("./lib/index_panel.mjs")).open(() => undefined, { corpus, encoder: value("encoder") });
    }
    // A path of this computer is for the node alone: no route takes one.
    if (await (await import("./lib/index_panel.mjs")).confirmPath(corpus)) return app.queuePrompt(0, 1, [String(node.id)]);
  }));
  button.serialize = false;
  void ready().then(() => {
    button.label = t("rebuild.node");
    node.setDirtyCanvas?.(true, true);
  });
}

/** @param {string} name @param {string} label @param {string} type @param {object} [more] */
function declared(name, label, type, more = {}) {
  return { id: `danbooru-index.${name}`, name: label, type, defaultValue: DEFAULTS[name], category: [CATEGORY, CATEGORY, name], ...more };
}

app.registerExtension({
  name: "danbooru-index",
  settings: [
    declared("history", "Keep a history of searches", "boolean"),
    declared("style", "Style of expanded text", "combo", { options: STYLES }),
    declared("escape", "Write \\( and \\) for brackets of tags", "boolean"),
    declared("spaces", "Write long hair instead of long_hair", "boolean"),
    declared("nsfw", "NSFW tags in the search", "combo", { options: NSFW }),
    declared("keyExpand", "Key: expand the selected text", "text", { tooltip: "In any text box: turn the selected text, or the line, into tags." }),
    declared("keySearch", "Key: search in the text box", "text", { tooltip: "In any text box: search for the words before the cursor." }),
  ],
  /** @param {any} node */
  nodeCreated(node) {
    if (!node.comfyClass?.startsWith("DanbooruIndex")) return;
    translate(node);
    if (SHOWING.has(node.comfyClass)) addChips(node);
    else if (node.comfyClass === "DanbooruIndexRebuild") addRebuild(node);
  },
  async setup() {
    // Before the first node is made; in English the choices are what they say.
    if (locale() !== "en") await safely(ready);
    /** @type {(() => void) | undefined} */
    let stop;
    app.extensionManager.registerSidebarTab({
      id: "danbooru-index",
      icon: "pi pi-tags",
      title: "Danbooru",
      tooltip: "Danbooru",
      type: "custom",
      render: (/** @type {HTMLElement} */ element) => void safely(async () => { stop = await (await import("./lib/sidebar.mjs")).render(element); }),
      destroy: () => stop?.(),
    });
  },
});
