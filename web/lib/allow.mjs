// A workflow named a source that the user's settings do not: whether to allow it is for a person to say.
import { app } from "../../../scripts/app.js";
import { ask } from "./service.mjs";
import { toast } from "./settings.mjs";
import { ready, t } from "./words.mjs";

/** @type {Record<string, string>} */
const KINDS = { allowed_repositories: "repository", allowed_endpoints: "endpoint", allowed_servers: "server", allowed_folders: "folder" };

/** Ask about the source that an error's text names. @param {string} key of the settings file @param {string} list its value, as JSON */
export async function offer(key, list) {
  await ready();
  const kind = KINDS[key];
  const [value] = JSON.parse(list);
  if (!kind || typeof value !== "string") return;
  const sure = await app.extensionManager.dialog.confirm({ title: t("allow.title"), message: t("allow.message", { kind: t(`allow.${kind}`), value }) });
  if (!sure) return;
  await ask("comfyui/allow", { kind, value });
  toast("success", t("allow.done"));
}
