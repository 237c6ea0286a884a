// Code of the documentation: compiled against what the package publishes, then run. dist has to be built, as for the
// command's tests.
import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import ts from 'typescript';
import { type Finished, runNode } from './run-command';

const root = resolve(fileURLToPath(new URL('../..', import.meta.url)));

/** The TypeScript blocks of a Markdown page. */
export function codeBlocks(page: string): string[] {
  return [...readFileSync(`${root}/${page}`, 'utf8').matchAll(/```ts\n([\s\S]*?)```/g)].map(([, code]) => code!);
}

// Declarations of the language and of Node, parsed once.
const parsed = new Map<string, ts.SourceFile | undefined>();

export function typeProblems(code: string): string[] {
  const name = `${root}/example.mts`;
  const options: ts.CompilerOptions = { module: ts.ModuleKind.Node20, strict: true, noEmit: true, skipLibCheck: true };
  const host = ts.createCompilerHost(options);
  const { getSourceFile, fileExists, readFile } = host;
  host.fileExists = (file) => file === name || fileExists(file);
  host.readFile = (file) => (file === name ? code : readFile(file));
  host.getSourceFile = (file, ...rest) => {
    if (file === name) return ts.createSourceFile(file, code, ts.ScriptTarget.ES2022);
    if (!parsed.has(file)) parsed.set(file, getSourceFile(file, ...rest));
    return parsed.get(file);
  };
  const program = ts.createProgram([name], { ...options, target: ts.ScriptTarget.ES2022 }, host);
  return ts.getPreEmitDiagnostics(program).map(({ messageText }) => ts.flattenDiagnosticMessageText(messageText, ' '));
}

export function runCode(code: string): Promise<Finished> {
  const { outputText } = ts.transpileModule(code, {
    compilerOptions: { module: ts.ModuleKind.ESNext, target: ts.ScriptTarget.ES2022 },
  });
  return runNode(['--input-type=module', '--eval', outputText], root);
}
