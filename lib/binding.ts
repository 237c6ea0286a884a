// Finds and loads the addon; the only place that does.
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { basename, join, resolve } from 'node:path';

// Both lib/ and dist/ lie directly in the package's folder.
const packageRoot = resolve(__dirname, '..');
const requireAddon = createRequire(__filename);

/** A place where the addon was looked for, and why it was not loaded from there. */
export interface BindingAttempt {
  readonly path: string;
  readonly reason: string;
}

export interface Loaded<Binding> {
  binding: Binding;
  path: string;
}

export class BindingError extends Error {
  readonly code = 'ERR_ATTN_BINDING';
  readonly attempts: readonly BindingAttempt[];

  constructor(attempts: readonly BindingAttempt[]) {
    const tried = attempts.map(({ path, reason }) => `  ${path}: ${reason}`).join('\n');
    super(`cannot load the native part of hybrid-attention for ${platformName()}; tried\n${tried}\n${remedy()}`);
    this.name = 'BindingError';
    this.attempts = attempts;
  }
}

// Set where glibc is the C library; musl and other systems leave it out.
function glibcVersion(): string | undefined {
  if (process.platform !== 'linux') return undefined;
  const report = process.report as typeof process.report & { excludeNetwork?: boolean };
  const excluded = report.excludeNetwork;
  report.excludeNetwork = true; // looking up peers' names can take seconds
  try {
    const { header } = report.getReport() as { header: { glibcVersionRuntime?: string } };
    return header.glibcVersionRuntime;
  } finally {
    report.excludeNetwork = excluded ?? false;
  }
}

function platformName(): string {
  const glibc = glibcVersion();
  const libc = process.platform !== 'linux' ? '' : glibc === undefined ? ', musl' : `, glibc ${glibc}`;
  return `${process.platform}-${process.arch} (Node ${process.versions.node}${libc})`;
}

function remedy(): string {
  const { config } = JSON.parse(readFileSync(join(packageRoot, 'package.json'), 'utf8')) as {
    config: { glibc: string };
  };
  return [
    `The package carries binaries for linux-x64 with glibc ${config.glibc} or newer. Elsewhere, compile it with Python 3,`,
    `make and a C++17 compiler: npm install --save-dev node-gyp node-addon-api && npx node-gyp rebuild -C ${packageRoot}.`,
    'To load a file from another place, name it in HYBRID_ATTENTION_BINARY.',
  ].join('\n');
}

function prebuilds(): string[] {
  const folder = join(packageRoot, 'prebuilds', `${process.platform}-${process.arch}`);
  const names = existsSync(folder) ? readdirSync(folder).filter((name) => name.endsWith('.node')) : [];
  if (names.length === 0) return [join(folder, 'hybrid-attention.node')]; // so that the error shows where it looked
  return names.sort().map((name) => join(folder, name));
}

/** Why a file is not to be loaded at all. */
function unfit(path: string): string | undefined {
  if (!existsSync(path)) return 'no such file';
  if (!path.endsWith('.node')) return 'not a .node file; it would be run as JavaScript';
  const otherLibc = glibcVersion() === undefined ? 'glibc' : 'musl';
  return basename(path).includes(`.${otherLibc}.`) ? `made for ${otherLibc}` : undefined;
}

function candidates(): string[] {
  const named = process.env['HYBRID_ATTENTION_BINARY'];
  if (named) return [resolve(named)];
  const built = ['Release', 'Debug'].map((kind) => join(packageRoot, 'build', kind, 'hybrid_attention.node'));
  return [...prebuilds(), ...built];
}

/** Loads the first candidate that works; what went wrong with each is in the error when none does. */
export function loadBinding<Binding>(): Loaded<Binding> {
  const attempts: BindingAttempt[] = [];
  for (const path of candidates()) {
    const reason = unfit(path);
    if (reason !== undefined) {
      attempts.push({ path, reason });
      continue;
    }
    try {
      return { binding: requireAddon(path) as Binding, path };
    } catch (error) {
      attempts.push({ path, reason: error instanceof Error ? error.message : String(error) });
    }
  }
  throw new BindingError(attempts);
}
