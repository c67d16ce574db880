// The settings that are the browser's, in ComfyUI's own dialog, and short messages in its corner.
import { app } from "../../../scripts/app.js";

/** @type {Record<string, any>} */
export const DEFAULTS = { keySearch: "Alt+Q", keyExpand: "Alt+W", nsfw: "exclude", spaces: true, escape: true, style: "sdxl", history: true };

// Values as the engine has them; a test compares them.
export const NSFW = ["exclude", "strict", "include", "only"];
export const STYLES = ["sdxl", "novelai", "anima", "tags"];

/** @param {string} name */
export function setting(name) {
  return app.extensionManager?.setting?.get(`danbooru-index.${name}`) ?? DEFAULTS[name];
}

/** @param {"info" | "success" | "warn" | "error"} severity @param {string} summary @param {string} [detail] */
export function toast(severity, summary, detail) {
  app.extensionManager?.toast?.add({ severity, summary, detail, life: 5000 });
}
