import { Random } from './random';

export type Assignment = Readonly<Record<string, string>>;

/**
 * Assignments of a value to each parameter such that every allowed pair of values occurs in one of them. `allowed` says
 * whether a partial assignment can be part of a case.
 */
export function pairwise(
  parameters: Readonly<Record<string, readonly string[]>>,
  allowed: (partial: Assignment) => boolean,
  seed: number,
): Assignment[] {
  const random = new Random(seed);
  const names = Object.keys(parameters);
  const key = (a: string, x: string, b: string, y: string): string =>
    a < b ? `${a}=${x}&${b}=${y}` : `${b}=${y}&${a}=${x}`;
  const open = new Map<string, Assignment>();
  for (const a of names) {
    for (const b of names.filter((name) => name > a)) {
      for (const x of parameters[a]!) {
        for (const y of parameters[b]!) {
          if (allowed({ [a]: x, [b]: y })) open.set(key(a, x, b, y), { [a]: x, [b]: y });
        }
      }
    }
  }

  const gain = (partial: Assignment, name: string, value: string): number =>
    Object.entries(partial).filter(([other, chosen]) => open.has(key(name, value, other, chosen))).length;

  const complete = (start: Assignment): Assignment | undefined => {
    let partial = start;
    const missing = names.filter((name) => !(name in start)).sort(() => random.uniform() - 0.5);
    for (const name of missing) {
      const values = parameters[name]!.filter((value) => allowed({ ...partial, [name]: value }));
      if (values.length === 0) return undefined;
      const gains = values.map((value) => gain(partial, name, value) + random.uniform() / 2);
      partial = { ...partial, [name]: values[gains.indexOf(Math.max(...gains))]! };
    }
    return partial;
  };

  const cases: Assignment[] = [];
  while (open.size > 0) {
    const [first, start] = open.entries().next().value!;
    let found: Assignment | undefined;
    for (let attempt = 0; attempt < 20 && !found; ++attempt) found = complete(start);
    open.delete(first); // also when no case can hold the pair
    if (!found) continue;
    for (const a of names) for (const b of names) if (a < b) open.delete(key(a, found[a]!, b, found[b]!));
    cases.push(found);
  }
  return cases;
}
