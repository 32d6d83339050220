import type { Link } from './link.ts';
import { among, type Fault, lasts, type Random } from './two-copies-faults.ts';

/** Longer than the 15 s within which a dead connection is to be noticed. */
const UNNOTICED_MS = 18_000;
const SHORT_MS = 6_000;

const disturbed = async (link: Link, milliseconds: number, disturb: (it: Link) => void): Promise<string> => {
  disturb(link);
  await lasts(milliseconds);
  link.mend();
  return `${link.name}, ${Math.round(milliseconds)} ms`;
};
const upTo = (most: number, next: Random): number => 500 + next() * (most - 500);

/** Faults of the network between one copy of a service and PostgreSQL or NATS. */
export const faultsOfLinks: readonly Fault[] = [
  {
    name: 'cut of a link',
    run: ({ links }, next) => disturbed(among(links, next), upTo(SHORT_MS, next), (it) => it.cut()),
  },
  {
    name: 'slow link',
    run({ links }, next) {
      const delayMs = Math.round(upTo(2_000, next));
      return disturbed(among(links, next), SHORT_MS, (it) => it.delay(delayMs)).then((hit) => `${hit}, +${delayMs} ms`);
    },
  },
  {
    name: 'silent link',
    run: ({ links }, next) => disturbed(among(links, next), upTo(UNNOTICED_MS, next), (it) => it.silence()),
  },
  {
    name: 'half-open link',
    async run({ links }, next) {
      const [link, unaware] = [among(links, next), among(['client', 'server'] as const, next)];
      link.halfOpen(unaware);
      // The load goes on meanwhile: the copy is to notice by itself.
      await lasts(SHORT_MS);
      return `${link.name}, unnoticed by the ${unaware}`;
    },
  },
];
