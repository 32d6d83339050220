import { expect } from 'chai';
import fc from 'fast-check';
import type { MissionDetail } from '@missions/contracts/mission/representation.ts';
import { waitUntil } from '@missions/test-support/wait-until.ts';
import { type MissionUnderTest, startMissionUnderTest } from '../testing/service.ts';

type Key = 'x' | 'y';
type Accept = 'default' | 'ever' | 'future';
interface WaitStep {
  readonly key: Key;
  readonly until: 'all' | 'any';
  readonly accept: Accept;
}
type Step = { readonly copy: 0 | 1 } & (
  | { readonly do: 'open'; readonly waits: readonly WaitStep[]; readonly inARow: boolean }
  | { readonly do: 'signal'; readonly key: Key; readonly id: number; readonly final: boolean }
  | { readonly do: 'retry'; readonly which: number }
);

const key = fc.constantFrom<Key>('x', 'y');
const wait: fc.Arbitrary<WaitStep> = fc.record({
  key,
  until: fc.constantFrom('all', 'any'),
  accept: fc.constantFrom<Accept>('default', 'default', 'default', 'ever', 'future'),
});
const copy = fc.constantFrom<0 | 1>(0, 1);
const step: fc.Arbitrary<Step> = fc.oneof(
  fc.record({
    do: fc.constant('open' as const),
    copy,
    waits: fc.array(wait, { minLength: 1, maxLength: 3 }),
    inARow: fc.boolean(),
  }),
  // Few ids, so that some come twice.
  fc.record({ do: fc.constant('signal' as const), copy, key, id: fc.nat(7), final: fc.boolean() }),
  fc.record({ do: fc.constant('retry' as const), copy, which: fc.nat(9) }),
);

interface ModelWait extends WaitStep {
  /** The place of the wait that it opens after; null: it opens at once. */
  readonly after: number | null;
  /** Its task goes on when it ends, so that it can fail and be retried. */
  readonly resumes: boolean;
  state: 'pending' | 'open' | 'ended';
  /** Ids of the signals that have ended it, one for each time that its task waited. */
  readonly by: string[];
}

/** What specification section 3.4 says of one mission, in as few words as possible. */
class Model {
  readonly waits: ModelWait[] = [];
  readonly #signals: { key: Key; id: string; final: boolean }[] = [];

  open(waits: readonly WaitStep[], inARow: boolean): void {
    const first = this.waits.length;
    waits.forEach((one, n) =>
      this.waits.push({
        ...one,
        after: inARow && n > 0 ? first + n - 1 : null,
        resumes: !inARow,
        state: 'pending',
        by: [],
      }),
    );
    this.#begin(this.waits.slice(first).filter(({ after }) => after === null));
  }

  signal(key: Key, id: string, final: boolean): void {
    if (this.#signals.some((one) => one.key === key && one.id === id)) return;
    const signal = { key, id, final };
    this.#signals.push(signal);
    for (const one of this.waits.filter(({ state }) => state === 'open'))
      if (this.#fits(one, signal)) {
        one.state = 'ended';
        one.by.push(id);
        this.#beginAfter([one]);
      }
  }

  retry(one: ModelWait): void {
    this.#begin([one]);
  }

  /** A round of waits that open together takes the same signals; what they let open is the next round. */
  #begin(round: readonly ModelWait[]): void {
    if (round.length === 0) return;
    const taken = new Set(this.waits.flatMap(({ key, by }) => by.map((id) => `${key} ${id}`)));
    for (const one of round) {
      one.state = 'open';
      const again = (id: string) => (one.accept === 'ever' ? one.by.includes(id) : taken.has(`${one.key} ${id}`));
      const signal = this.#signals.find((it) => this.#fits(one, it) && !again(it.id));
      if (!signal) continue;
      one.state = 'ended';
      one.by.push(signal.id);
    }
    this.#beginAfter(round.filter(({ state }) => state === 'ended'));
  }

  #beginAfter(ended: readonly ModelWait[]): void {
    const places = ended.map((one) => this.waits.indexOf(one));
    this.#begin(this.waits.filter((one) => one.state === 'pending' && places.includes(one.after ?? -1)));
  }

  #fits(one: ModelWait, signal: { key: Key; final: boolean }): boolean {
    return one.key === signal.key && one.accept !== 'future' && (signal.final || one.until === 'any');
  }
}

describe('random histories of waits and signals, on two copies of the service', () => {
  let copies: [MissionUnderTest, MissionUnderTest];
  before(async () => {
    const service = await startMissionUnderTest();
    copies = [service, await startMissionUnderTest(undefined, 50, {}, service)];
  });
  after(async () => {
    for (const one of copies.toReversed()) await one.stop();
  });

  const accepts = {
    default: {},
    ever: { accept_after: '2020-01-01T00:00:00Z' },
    future: { accept_after: '2099-01-01T00:00:00Z' },
  };
  let count = 0;

  /** A mission of the product, which is given the same steps as the model. */
  async function start() {
    const run = `run-${(count += 1)}`;
    const { id: mission_id } = await copies[0].request<MissionDetail>('create', { title: run });
    const tasks: string[] = [];
    const signal = (of: Key, id: string, final: boolean, by: MissionUnderTest) =>
      by.request('signal', { kind: 'webhook', reference: `${run}-${of}`, id, final });
    const open = async (waits: readonly WaitStep[], inARow: boolean, by: MissionUnderTest) => {
      const plan = waits.map(({ key: of, until, accept }, n) => ({
        title: 'wait',
        ref: `r${n}`,
        ...(inARow && n > 0 && { depends_on: [`r${n - 1}`] }),
        // A task that waits in a row lets its dependant open; another one goes on, so that it can fail and be retried.
        wait_for: {
          kind: 'webhook',
          reference: `${run}-${of}`,
          until,
          on_signal: inARow ? 'complete' : 'resume',
          ...accepts[accept],
        },
      }));
      const { tasks: added } = await by.request<{ tasks: { id: string }[] }>('add_tasks', { mission_id, tasks: plan });
      tasks.push(...added.map(({ id }) => id));
    };
    const retry = async (place: number, by: MissionUnderTest) => {
      for (const status of ['failed', 'ready'])
        await by.request('patch_task', { mission_id, task_id: tasks[place], patch: { status } });
    };
    const read = async () => {
      const mission = await copies[0].request<MissionDetail>('get', { mission_id });
      return tasks.map((id) => {
        const task = mission.tasks.find((one) => one.id === id);
        const by = (task?.result['signal'] as { id: string } | undefined)?.id ?? null;
        return {
          state: task?.status.replace(/completed|in_progress/, 'ended').replace('waiting_external', 'open'),
          by,
        };
      });
    };
    return { mission_id, tasks, signal, open, retry, read };
  }

  it('end the waits that the specification says, one step after another', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 3, maxLength: 14 }), async (steps) => {
        const [model, product] = [new Model(), await start()];
        for (const one of steps) {
          const by = copies[one.copy];
          if (one.do === 'open') {
            model.open(one.waits, one.inARow);
            await product.open(one.waits, one.inARow, by);
          } else if (one.do === 'signal') {
            model.signal(one.key, `s${one.id}`, one.final);
            await product.signal(one.key, `s${one.id}`, one.final, by);
          } else {
            const ended = (await product.read()).map(({ state }, n) => ({ state, n }));
            const retriable = ended.filter(({ state, n }) => state === 'ended' && model.waits[n]?.resumes);
            const place = retriable[one.which % Math.max(retriable.length, 1)]?.n;
            if (place === undefined) continue;
            model.retry(model.waits[place] as ModelWait);
            await product.retry(place, by);
          }
          expect(await product.read()).to.deep.equal(
            model.waits.map(({ state, by: ids }) => ({ state, by: ids.at(-1) ?? null })),
          );
        }
      }),
      { numRuns: 40 },
    );
  });

  it('lose no signal and give none twice in a row, all steps at once', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 4, maxLength: 12 }), async (steps) => {
        const product = await start();
        await Promise.all(
          steps.map(async (one, n) => {
            const by = copies[one.copy];
            const waits = one.do === 'open' ? one.waits.map((it) => ({ ...it, accept: 'default' as const })) : [];
            if (one.do === 'open') await product.open(waits, one.inARow, by);
            if (one.do === 'signal') await product.signal(one.key, `s${n}`, one.final, by);
          }),
        );
        await waitUntil(async () => (await rows('select 1 from delivery', [])).length === 0);
        expect(await rows(givenTwice, [product.mission_id]), 'given to a wait and to one that opened by it').to.be
          .empty;
        expect(await rows(lost, [product.mission_id]), 'not given to a wait that is open for it').to.be.empty;
      }),
      { numRuns: 40 },
    );
  });

  const rows = async (sql: string, values: readonly unknown[]): Promise<unknown[]> =>
    (await copies[0].db.pool.query(sql, [...values])).rows;
});

const givenTwice = `
  select b.key from blocker b join task t on t.id = b.task_id
    join task before on t.depends_on ? before.id::text join blocker a on a.task_id = before.id and a.key = b.key
   where b.mission_id = $1 and a.resolution -> 'signal' ->> 'id' = b.resolution -> 'signal' ->> 'id'`;

const lost = `
  select s.key, s.id from signal s join blocker b on b.customer_id = s.customer_id and b.key = s.key
   where b.mission_id = $1 and b.resolved_at is null and (s.final or b.until = 'any')
     and not exists (select from blocker t where t.mission_id = b.mission_id and t.key = s.key
                       and t.resolution -> 'signal' ->> 'id' = s.id)`;
