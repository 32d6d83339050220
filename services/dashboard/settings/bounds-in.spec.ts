import { expect } from 'chai';
import { boundsIn } from './bounds-in.ts';

const form = (fields: Readonly<Record<string, string>>, days: readonly string[] = []): FormData => {
  const data = new FormData();
  for (const [name, value] of Object.entries(fields)) data.append(name, value);
  for (const day of days) data.append('weekday', day);
  return data;
};
const EMPTY = { runs: '', tokens: ' ', amount: '', currency: 'EUR', from: '09:00', to: '17:00', zone: 'Asia/Kolkata' };
const NONE = { max_runs_per_day: null, max_tokens_per_day: null, max_cost_per_day: null, hours: null };

describe('the bounds that a form says', () => {
  it('are none where nothing is filled in, whatever stands in fields that are hidden', () =>
    expect(boundsIn(form(EMPTY, ['mon']))).to.deep.equal(NONE));

  it('are numbers, and none at all where a person says zero', () =>
    expect(boundsIn(form({ ...EMPTY, runs: '0', tokens: '250000' }))).to.deep.equal({
      ...NONE,
      max_runs_per_day: 0,
      max_tokens_per_day: 250_000,
    }));

  it('take an amount as it is written on the continent, too', () =>
    expect(boundsIn(form({ ...EMPTY, amount: '2,50', currency: 'chf' })).max_cost_per_day).to.deep.equal({
      amount: '2.50',
      currency: 'CHF',
    }));

  it('have hours with their days in the order of the week, and none without a day', () => {
    const on = { ...EMPTY, hours: 'on' };
    const hours = { from: '09:00', to: '17:00', weekdays: ['mon', 'fri'], zone: 'Asia/Kolkata' };
    expect(boundsIn(form(on, ['fri', 'mon'])).hours).to.deep.equal(hours);
    expect(boundsIn(form(on)).hours).to.equal(null);
  });
});
