import { expect } from 'chai';
import { creation } from './mission.ts';
import { inserts } from './rows.ts';
import { tables } from './tables.ts';

interface Column {
  name: string;
  /** An insert must name it: it may not be null, and has no value of its own. */
  required: boolean;
}

/** The columns that a `create table` declares: a line each, two spaces in; other lines are constraints. */
const columnsOf = (table: string): Column[] => {
  const [, body = ''] = new RegExp(`^create table ${table} \\(\\n(.*?)^\\);`, 'ms').exec(tables) ?? [];
  return body.split('\n').flatMap((line) => {
    const [, name = '', type = ''] = /^ {2}(?!check |primary )(\w+) (.*)$/.exec(line) ?? [];
    if (name === '') return [];
    return [{ name, required: /not null|primary key/.test(type) && !/default|bigserial/.test(type) }];
  });
};

describe('the inserts of the reference programs', () => {
  const call = { customerId: 'default', idempotencyKey: 'key', traceparent: null };
  const made = inserts(creation({ title: 'Schedule a meeting', user_id: 'user-1' }, call, new Date(0).toISOString()));

  for (const { table, columns } of made) {
    it(`name columns that the table ${table} has, and all that it cannot do without`, () => {
      const declared = columnsOf(table);
      expect(
        columns.filter((column) => !declared.some(({ name }) => name === column)),
        `add these columns to test/bench/monolith/tables.ts`,
      ).to.deep.equal([]);
      expect(
        declared.filter(({ name, required }) => required && !columns.includes(name)).map(({ name }) => name),
        `write these columns in test/bench/monolith/rows.ts`,
      ).to.deep.equal([]);
    });
  }

  it('write the four tables of a creation', () => {
    expect(made.map(({ table }) => table)).to.deep.equal(['mission', 'mission_event', 'outbox', 'idempotency']);
  });
});
