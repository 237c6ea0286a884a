import type { Adapter } from '../case';
import { gatedDelta, kda } from './delta';
import { adapterOf } from './layer';
import { mamba2 } from './mamba2';
import { mla } from './mla';
import { lightning, linearElu, retention } from './retention';
import { rwkv7 } from './rwkv7';
import { softmax } from './softmax';

/** What computes each kind of layer core. */
export const cores: Readonly<Record<string, Adapter>> = {
  gated_delta: adapterOf(gatedDelta),
  kda: adapterOf(kda),
  lightning: adapterOf(lightning),
  linear_elu: adapterOf(linearElu),
  mamba2: adapterOf(mamba2),
  mla: adapterOf(mla),
  retention: adapterOf(retention),
  rwkv7: adapterOf(rwkv7),
  softmax: adapterOf(softmax),
};
