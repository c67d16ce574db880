// What Stable Diffusion WebUI's page gives every script, as far as ours use it, and what our scripts share.
declare function gradioApp(): Document | ShadowRoot;
declare function onUiLoaded(run: () => void): void;
declare function updateInput(box: HTMLElement): void;
declare const onAfterUiUpdate: ((run: () => void) => void) | undefined;
declare const opts: Record<string, any> | undefined;

interface DanbooruIndex {
  ask(route: string, body?: object, signal?: AbortSignal): Promise<any>;
  newest(): ((call: (signal: AbortSignal) => Promise<any>) => Promise<any>) & { stop(): void };
  setting(name: string, other: any): any;
  optionsOf(tab: string): { search: object; expand: object };
  promptBox(tab: string, negative: boolean): HTMLTextAreaElement | null;
  carets: WeakMap<Element, number>;
  inPrompt(tag: string): string;
  write(box: HTMLTextAreaElement, text: string, from: number, to: number): void;
  insertAtCursor(box: HTMLTextAreaElement, text: string): void;
  make<K extends keyof HTMLElementTagNameMap>(name: K, properties?: Record<string, any>, ...children: (Node | string)[]): HTMLElementTagNameMap[K];
  namesOf(text: string): string;
  fitting(hits: any[]): { fit: any[]; more: number };
}

interface Window {
  danbooruIndex: DanbooruIndex;
}
