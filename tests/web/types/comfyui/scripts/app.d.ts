// ComfyUI's application, as far as this pack uses it.
import type { Node } from "../node";

export interface ExtensionManager {
  setting?: { get(name: string): unknown; set(name: string, value: unknown): Promise<void> };
  toast?: { add(message: { severity: string; summary: string; detail?: string; life?: number }): void };
  dialog: { confirm(options: { title: string; message: string; itemList?: string[]; type?: string }): Promise<boolean | null> };
  registerSidebarTab(tab: {
    id: string;
    icon: string;
    title: string;
    tooltip: string;
    type: "custom";
    render(element: HTMLElement): void;
    destroy?(): void;
  }): void;
}

export interface App {
  extensionManager: ExtensionManager;
  queuePrompt(place: number, count: number, nodes?: string[]): Promise<boolean>;
  registerExtension(extension: {
    name: string;
    settings?: object[];
    nodeCreated?(node: Node): void;
    setup?(): Promise<void>;
  }): void;
}
export const app: App;
