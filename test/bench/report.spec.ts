import { expect } from 'chai';
import { table } from './report.ts';

describe('the closing table of the bench', () => {
  const lines = table([
    { row: 'create', what: 'product ÷ typical', figure: 1.79, unit: '×', spread: [1.7, 1.9], target: { atLeast: 1.8 } },
    { row: 'create', what: 'p99', figure: 0.7, unit: '×', target: { atMost: 0.7 } },
    { row: 'create', what: 'product', figure: 2345.6, unit: '/s' },
  ]).split('\n');

  it('shows whether a figure reaches its target, the target itself included', () => {
    expect(lines[2]).to.match(/1\.79 ×.*1\.70 – 1\.90.*≥ 1\.80 ×.*below$/);
    expect(lines[3]).to.match(/0\.70 ×.*≤ 0\.70 ×.*pass$/);
  });

  it('shows no verdict on a figure without a target', () => {
    expect(lines[4]).to.match(/2346\/s$/);
  });
});
