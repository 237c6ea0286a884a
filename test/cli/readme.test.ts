import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import ts from 'typescript';
import { describe, expect, it } from 'vitest';
import { runNode } from './run-command';

const root = resolve(fileURLToPath(new URL('../..', import.meta.url)));
const readme = readFileSync(`${root}/README.md`, 'utf8');
const blocks = [...readme.matchAll(/```ts\n([\s\S]*?)```/g)].map(([, code]) => code!);

// Types are checked against what the package publishes, so dist has to be built, as for the command's tests.
function problems(code: string): string[] {
  const name = `${root}/readme-example.mts`;
  const options: ts.CompilerOptions = { module: ts.ModuleKind.Node20, strict: true, noEmit: true, skipLibCheck: true };
  const host = ts.createCompilerHost(options);
  const { getSourceFile, fileExists, readFile } = host;
  host.fileExists = (file) => file === name || fileExists(file);
  host.readFile = (file) => (file === name ? code : readFile(file));
  host.getSourceFile = (file, ...rest) =>
    file === name ? ts.createSourceFile(file, code, ts.ScriptTarget.ES2022) : getSourceFile(file, ...rest);
  const program = ts.createProgram([name], { ...options, target: ts.ScriptTarget.ES2022 }, host);
  return ts.getPreEmitDiagnostics(program).map(({ messageText }) => ts.flattenDiagnosticMessageText(messageText, ' '));
}

describe('the examples of the README', () => {
  it('are one for each attention', () => expect(blocks.length).toBe(2));

  it.each(blocks)('compile and run: %.50s…', async (code) => {
    expect(problems(code)).toEqual([]);
    const { outputText } = ts.transpileModule(code, {
      compilerOptions: { module: ts.ModuleKind.ESNext, target: ts.ScriptTarget.ES2022 },
    });
    const { code: exit, stdout, stderr } = await runNode(['--input-type=module', '--eval', outputText], root);
    expect([exit, stderr]).toEqual([0, '']);
    expect(stdout).toMatch(/\[ 1, (128, 8|4, 64), 64 \]/);
  });
});
