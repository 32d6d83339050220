import { expect } from 'chai';
import type { Flow } from './order.ts';
import { Gates, Performer } from './perform.ts';

describe('the driver of a contender', () => {
  let log: string[];
  let inFlight: number;
  let most: number;
  const flow: Flow = {
    begin: async (id) => void log.push(`begin ${id}`),
    async answer(id) {
      most = Math.max(most, ++inFlight);
      await Promise.resolve();
      inFlight -= 1;
      log.push(`answer ${id}`);
    },
  };

  beforeEach(() => {
    [log, inFlight, most] = [[], 0, 0];
  });

  it('answers each thing that it has begun once, and no more at a time than it was told', async () => {
    const performer = new Performer(flow);
    await performer.perform({ phase: 'begin', count: 10, atOnce: 4 });
    const { sample } = await performer.perform({ phase: 'answer', count: 10, atOnce: 4 });
    expect(sample).to.deep.include({ requests: 10, errors: 0 });
    expect(most).to.equal(4);
    const ids = (verb: string): string[] =>
      log.filter((entry) => entry.startsWith(verb)).map((entry) => entry.slice(verb.length + 1));
    expect(ids('answer').toSorted()).to.deep.equal(ids('begin').toSorted());
    expect(new Set(ids('answer')).size).to.equal(10);
  });

  it('counts what failed apart, and says what the first fault was', async () => {
    const performer = new Performer({ ...flow, answer: () => Promise.reject(new Error('refused')) });
    const { sample, firstError } = await performer.perform({ phase: 'cycle', count: 3, atOnce: 1 });
    expect(sample).to.deep.include({ requests: 0, errors: 3 });
    expect(firstError).to.contain('refused');
  });

  it('a gate opens for whoever expects it, and for nobody who comes later', async () => {
    const gates = new Gates();
    gates.open('a');
    const expected = gates.expect('a');
    gates.open('a');
    await expected;
  });
});
