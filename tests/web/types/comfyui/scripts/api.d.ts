// ComfyUI's connection to its server, as far as this pack uses it.
export interface Api {
  fetchApi(route: string, options?: RequestInit): Promise<Response>;
  addEventListener(kind: string, listener: (event: CustomEvent) => void): void;
  removeEventListener(kind: string, listener: (event: CustomEvent) => void): void;
  dispatchEvent(event: CustomEvent): boolean;
  getUserData(file: string): Promise<Response>;
  storeUserData(file: string, data: unknown, options?: { overwrite?: boolean; stringify?: boolean; throwOnError?: boolean }): Promise<Response>;
  queuePrompt(place: number, prompt: { output: Record<string, unknown>; workflow: object }): Promise<unknown>;
}
export const api: Api;
