import { expect } from 'chai';
import { Problem } from '@missions/contracts/errors.ts';
import { newId } from '@missions/runtime/id.ts';
import { cursorAt, timePositionOf } from './cursor.ts';

describe('a cursor of a list by time', () => {
  const id = newId();
  const at = '2027-01-31T09:00:00.123456Z';

  it('comes back as it was given', () => {
    expect(timePositionOf(cursorAt([at, id]))).to.deep.equal([at, id]);
  });

  for (const forged of [
    [],
    [at],
    [at, id, 1],
    [id, at],
    ['2027-13-31T09:00:00Z', id],
    [at, 'x'],
    [1, id],
    { 0: at, 1: id },
    null,
  ])
    it(`is refused as ${JSON.stringify(forged).replace(id, 'an id')}, with how to go on`, () => {
      const refused = () => timePositionOf(cursorAt(forged as unknown[]));
      expect(refused).to.throw(Problem, 'Leave it out').with.property('code', 'VALIDATION_FAILED');
    });

  it('is refused as text that holds nothing', () => {
    for (const text of ['', 'x', 'bnVs!', '\u0000']) expect(() => timePositionOf(text), text).to.throw(Problem);
  });
});
