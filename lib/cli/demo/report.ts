// What the demo says, in one hand: plain text of 80 columns on stdout, progress on stderr, pictures in a folder.
import { mkdirSync, writeFileSync } from 'node:fs';
import { progress, progressDone } from '../terminal/progress';
import { fold, indent } from '../terminal/table';

export class Report {
  readonly folder: string;
  #section = 0;

  constructor(folder: string) {
    this.folder = folder;
    mkdirSync(folder, { recursive: true });
  }

  heading(title: string): void {
    progressDone();
    this.#section++;
    console.log(`\n${this.#section}. ${title}`);
  }

  /** A sentence, folded to the width. */
  line(sentence: string): void {
    progressDone();
    console.log(`\n${fold(sentence, '   ')}`);
  }

  /** A table, as it is. */
  block(lines: string): void {
    progressDone();
    console.log(`\n${indent(lines, '   ')}`);
  }

  progress(message: string): void {
    progress(`   ${message} …`);
  }

  picture(path: string, svg: string): void {
    writeFileSync(path, svg);
    this.line(`Picture: ${path}`);
  }
}
