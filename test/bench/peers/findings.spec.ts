import { expect } from 'chai';
import type { Sample } from '../load/order.ts';
import { compare, roundsThatCount, type Turn } from './findings.ts';

const sample = (perSecond: number, ms = 1): Sample => ({ perSecond, requests: 100, p50: ms, p99: ms, errors: 0 });

interface Figures {
  cycles?: number;
  answered?: number;
  p99?: number;
  alone?: number;
  others?: number | null;
  wal?: number | null;
}

const turn = ({ cycles = 100, answered = 100, p99 = 10, alone = 1, others = 0, wal = 8 }: Figures): Turn => ({
  answered: sample(answered, p99),
  cycles: sample(cycles),
  alone: sample(100, alone),
  processor: { postgres: 1.5, mission: 2 },
  wal,
  others,
});

const names = new Map([
  ['product', 'product'],
  ['dbos', 'DBOS'],
  ['restate', 'Restate'],
]);

describe('the comparison with the peers', () => {
  const turns = new Map([
    ['product', [turn({ cycles: 90, answered: 260, p99: 8, alone: 3 }), turn({ cycles: 1, others: 0.9 })]],
    ['dbos', [turn({ cycles: 100, answered: 200, p99: 10, alone: 2 }), turn({})]],
    ['restate', [turn({ cycles: 300, wal: null }), turn({ wal: null })]],
  ]);
  const found = new Map(compare(turns, names).map((finding) => [finding.what, finding]));

  it('divides the product’s figure by the peer’s of the same round, with the targets of the project', () => {
    const of = (figure: string) => found.get(`${figure}: product ÷ DBOS`);
    expect(of('whole cycles')).to.deep.include({ figure: 0.9, target: { atLeast: 1 } });
    expect(of('answered and gone on')).to.deep.include({ figure: 1.3, target: { atLeast: 1.3 } });
    expect(of('p99 of an answer, several in flight')).to.deep.include({ figure: 0.8, target: { atMost: 1 } });
    expect(of('p50 of an answer, one in flight')).to.deep.include({ figure: 1.5, target: { atMost: 1.5 } });
    expect(found.get('whole cycles: product ÷ Restate'))
      .to.deep.include({ figure: 0.3 })
      .and.not.have.property('target');
  });

  it('holds what the product takes for a cycle against its targets', () => {
    expect(found.get('processor of a cycle: product')).to.deep.include({ figure: 3.5, target: { atMost: 4 } });
    expect(found.get('write-ahead log of a cycle: product')).to.deep.include({ figure: 8, target: { atMost: 12 } });
    expect(found.get('write-ahead log of a cycle: DBOS')).not.to.have.property('target');
    expect(found.has('write-ahead log of a cycle: Restate')).to.equal(false);
  });

  it('leaves out rounds in which others used more than 0.3 cores in any turn', () => {
    expect(roundsThatCount(turns)).to.deep.equal({ rounds: [0], quiet: true });
  });

  it('takes all rounds where none was quiet, and where the system does not tell', () => {
    const of = (others: number | null) => new Map([['product', [turn({ others }), turn({ others })]]]);
    expect(roundsThatCount(of(0.31))).to.deep.equal({ rounds: [0, 1], quiet: false });
    expect(roundsThatCount(of(null))).to.deep.equal({ rounds: [0, 1], quiet: true });
    expect(roundsThatCount(of(0.3))).to.deep.equal({ rounds: [0, 1], quiet: true });
  });

  it('goes on without a peer that is missing', () => {
    const rest = new Map([...turns].filter(([kind]) => kind !== 'dbos'));
    const whats = compare(rest, new Map([...names].filter(([kind]) => kind !== 'dbos'))).map(({ what }) => what);
    expect(whats).to.include('whole cycles: product ÷ Restate');
    expect(whats.join()).not.to.contain('DBOS');
  });
});
