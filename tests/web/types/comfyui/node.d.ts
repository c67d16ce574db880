// A node of the canvas with its widgets, as far as this pack uses them.
export interface Widget {
  name: string;
  value: unknown;
  label?: string;
  hidden?: boolean;
  serialize?: boolean;
  options?: Record<string, unknown>;
  element?: HTMLElement;
  callback?(value: unknown): void;
}

export interface Node {
  id: number | string;
  comfyClass: string;
  widgets?: Widget[];
  size: [number, number];
  graph?: { change?(): void };
  onExecuted?(output: Record<string, any>): void;
  onConfigure?(data: unknown): void;
  computeSize?(): [number, number];
  setSize?(size: [number, number]): void;
  setDirtyCanvas?(front: boolean, back: boolean): void;
  addWidget(kind: string, name: string, value: unknown, run: () => void): Widget;
  addDOMWidget(name: string, kind: string, element: HTMLElement, options: Record<string, unknown>): Widget;
}
