import type { Adapter } from '../case';

/** What computes each kind of layer core. */
export const cores: Readonly<Record<string, Adapter>> = {};
