import { expect } from 'chai';
import { isUuid, newId } from './id.ts';

describe('ids', () => {
  it('are UUIDs of version 7 that sort by their time of creation', () => {
    const ids = Array.from({ length: 20_000 }, newId);
    expect(new Set(ids).size).to.equal(ids.length);
    expect(ids.every((id) => isUuid(id) && id[14] === '7')).to.equal(true);
    expect(ids.toSorted()).to.deep.equal(ids);
  });

  it('are distinguished from other text', () => {
    for (const text of [
      '',
      'mission-1',
      '0190a3c4-0000-7000-8000-00000000000',
      `${newId()} `,
      '{0190a3c4-0000-7000-8000-000000000000}',
    ]) {
      expect(isUuid(text), text).to.equal(false);
    }
  });
});
