// The demo's input: what a sentence encoder's attention layers saw, and what the model made of it.
import { exampleData } from '../package-files';
import type { Tensor } from '../../tensor';
import { SafetensorsFile } from '../safetensors';

export interface Layer {
  readonly name: string;
  readonly q: Tensor;
  readonly k: Tensor;
  readonly v: Tensor;
  readonly result: Tensor;
}

export interface TextData {
  readonly text: string;
  readonly tokens: readonly string[];
  readonly layers: readonly Layer[];
}

export function readText(name: 'sentence' | 'address'): TextData {
  const file = new SafetensorsFile(exampleData(`${name}.safetensors`));
  try {
    const { metadata, tensors } = file.header;
    const names = [...new Set([...tensors.keys()].map((key) => key.split('.')[0]!))].sort();
    const layers = names.map((layer) => ({
      name: layer,
      q: file.read(`${layer}.q`),
      k: file.read(`${layer}.k`),
      v: file.read(`${layer}.v`),
      result: file.read(`${layer}.result`),
    }));
    return { text: metadata['text'] ?? '', tokens: JSON.parse(metadata['tokens'] ?? '[]') as string[], layers };
  } finally {
    file.close();
  }
}

/** The encoder's tokens mark a word's continuation with ##. */
export const readable = (token: string): string => token.replace(/^##/, '…');
