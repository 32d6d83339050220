import { expect } from 'chai';
import type { InboxItem } from '../store/inbox.ts';
import { arranged, rearrange } from './arrange.ts';

const item = (id: string, group: InboxItem['group'] = 'answer'): InboxItem => ({
  id,
  kind: 'question',
  group,
  mission: { id: 'ed1a5ec5-37f3-4d06-8a37-79ac1d12b8b9', title: 'Move house' },
  summary: `about ${id}`,
  since: '2026-11-29T06:00:00.000Z',
});
const page = (items: readonly InboxItem[], next_cursor: string | null = null) => ({ items: [...items], next_cursor });
const opened = (...items: readonly InboxItem[]) => arranged(page(items)).rows;
const shown = ({ rows, held }: ReturnType<typeof rearrange>) => ({
  rows: rows.map((row) => `${row.item.id}${row.isOver ? ' over' : ''}`),
  held: held.map(({ id }) => id),
});

describe('the rows of an open inbox', () => {
  it('show what has changed in its place', () => {
    const [row] = rearrange(opened(item('a')), page([{ ...item('a'), summary: 'asked anew' }])).rows;
    expect(row?.item.summary).to.equal('asked anew');
  });

  const before = opened(item('a'), item('b'), item('c'));
  const cases: [rule: string, ...Parameters<typeof rearrange>, ReturnType<typeof shown>][] = [
    ['keep what is over in its place', before, page([item('a'), item('c')]), { rows: ['a', 'b over', 'c'], held: [] }],
    [
      'keep their order when the server has another',
      before,
      page([item('c'), item('b'), item('a')]),
      { rows: ['a', 'b', 'c'], held: [] },
    ],
    [
      'hold a new one back that is more pressing',
      before,
      page([item('new'), item('a'), item('b'), item('c')]),
      { rows: ['a', 'b', 'c'], held: ['new'] },
    ],
    [
      'add a new one that comes last',
      before,
      page([item('a'), item('b'), item('c'), item('new')]),
      { rows: ['a', 'b', 'c', 'new'], held: [] },
    ],
    [
      'hold one back whose group stands above another',
      opened(item('a'), item('z', 'ending')),
      page([item('a'), item('z', 'ending'), item('new', 'look_at')]),
      { rows: ['a', 'z'], held: ['new'] },
    ],
    [
      'are those of the server again when all are over',
      rearrange(before, page([])).rows,
      page([item('new')]),
      { rows: ['new'], held: [] },
    ],
    [
      'are not over because new ones have pushed them off the page',
      before,
      page([item('new'), item('a'), item('b')], 'more'),
      { rows: ['a', 'b', 'c'], held: ['new'] },
    ],
    [
      'are over on a full page where a later one is still on it',
      before,
      page([item('new'), item('a'), item('c')], 'more'),
      { rows: ['a', 'b over', 'c'], held: ['new'] },
    ],
  ];
  for (const [rule, rows, read, expected] of cases)
    it(rule, () => expect(shown(rearrange(rows, read))).to.deep.equal(expected));

  it('come back to life with the item', () => {
    const over = rearrange(before, page([item('a'), item('c')])).rows;
    expect(shown(rearrange(over, page([item('a'), item('b'), item('c')]))).rows).to.deep.equal(['a', 'b', 'c']);
  });
});
