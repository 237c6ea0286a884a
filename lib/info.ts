// What this process computes with.
import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { type Explanation, explainOperation, type Kernel, native, nativePath } from './native';
import type { Device } from './tensor';

export type { Explanation, Kernel } from './native';

export interface DeviceInfo {
  readonly device: Device;
  readonly available: boolean;
  /** Why it is not available. */
  readonly reason?: string;
}

export interface Info {
  readonly version: string;
  /** The instruction set in use: the best of this machine, or what ATTN_ISA names. */
  readonly isa: string;
  /** Those this machine can run, best first. */
  readonly isas: readonly string[];
  /** Threads that a call may use. */
  readonly threads: number;
  /** In the order in which a call is offered to them. */
  readonly kernels: readonly Kernel[];
  /** The native file that was loaded. */
  readonly binary: string;
  readonly devices: readonly DeviceInfo[];
}

const { version } = JSON.parse(readFileSync(join(resolve(__dirname, '..'), 'package.json'), 'utf8')) as {
  version: string;
};

const deviceList: readonly DeviceInfo[] = [
  { device: 'cpu', available: true },
  { device: 'cuda:0', available: false, reason: `version ${version} has kernels for the CPU only` },
];

/** Version, instruction set, threads and kernels of this process, and why a device is not available. */
export function info(): Info {
  return { version, ...native.info(), binary: nativePath, devices: deviceList };
}

/** The devices that tensors can be on. */
export async function devices(): Promise<readonly DeviceInfo[]> {
  return deviceList;
}

/** How many threads a call may use: 1 to 1024. Results do not depend on it. */
export function setThreads(threads: number): void {
  native.setThreads(threads);
}

/** Which kernel would take the call `op(...args)`, and why the others would not. Computes nothing. */
export function explain(op: string, ...args: readonly unknown[]): Explanation {
  const cached = op === 'attention' && Array.isArray(args[1]);
  return explainOperation(cached ? 'cachedAttention' : op, args);
}
