import { expect, it } from 'vitest';
import { accuracyPage } from './accuracy-page';

it('docs/accuracy.md states what the tests allow (vitest -u writes it)', async () => {
  await expect(accuracyPage).toMatchFileSnapshot('../../docs/accuracy.md');
});
