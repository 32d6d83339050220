import { expect } from 'chai';
import { Api } from '@missions/test-support/api.ts';
import { product } from '@missions/test-support/shared-product.ts';

interface Page {
  missions: { id: string; title: string }[];
  events: { sequence: number; content: string }[];
  next_cursor: string | null;
}

describe('paging', () => {
  let api: Api;

  beforeEach(async () => {
    api = new Api(await product());
  });

  const page = async (path: string): Promise<Page> => {
    const answer = await api.get(path);
    expect(answer.status, answer.text).to.equal(200);
    return answer.body as Page;
  };
  /** Fetches all pages, and calls a function between two pages. */
  const walk = async (path: string, between: (page: number) => Promise<unknown>): Promise<Page[]> => {
    const pages = [await page(path)];
    for (let cursor = pages[0]?.next_cursor ?? null; cursor !== null; cursor = pages.at(-1)?.next_cursor ?? null) {
      await between(pages.length);
      pages.push(await page(`${path}&cursor=${encodeURIComponent(cursor)}`));
      if (pages.length > 50) throw new Error('the pages do not end');
    }
    return pages;
  };

  for (const sort of ['-created_at', '-updated_at', 'due_at', '-priority']) {
    it(`${sort}: each mission of before the first page is listed once, despite later insertions`, async () => {
      const dues = [
        null,
        '2027-01-01T00:00:00Z',
        '2027-01-01T00:00:00Z',
        '2026-12-01T00:00:00Z',
        null,
        '2028-01-01T00:00:00Z',
        '2027-01-01T00:00:00Z',
      ];
      const priorities = ['normal', 'high', 'normal', 'urgent', 'low', 'high', 'normal'];
      const made: string[] = [];
      for (const [i, due_at] of dues.entries())
        made.push((await api.mission({ title: `m${i}`, due_at, priority: priorities[i] })).id);
      const [all] = await walk(`missions?user_id=ada&sort=${sort}&limit=200`, async () => {});
      const inserted = (n: number) =>
        Promise.all([
          api.mission({ title: `new ${n}`, due_at: dues[n] ?? null, priority: 'high' }),
          api.mission({ title: `new ${n} low`, priority: 'low' }),
        ]);
      const pages = await walk(`missions?user_id=ada&sort=${sort}&limit=2`, (n) =>
        n < 4 ? inserted(n) : Promise.resolve(),
      );
      const seen = pages.flatMap((one) => one.missions.map((mission) => mission.id));
      expect(new Set(seen).size, 'none twice').to.equal(seen.length);
      expect(seen.filter((id) => made.includes(id))).to.deep.equal(all?.missions.map((mission) => mission.id));
      expect(pages.slice(0, -1).every((one) => one.missions.length === 2)).to.equal(true);
    });
  }

  it('pages are sorted by the requested key', async () => {
    await api.mission({ title: 'b', priority: 'low', due_at: '2027-02-01T00:00:00Z' });
    await api.mission({ title: 'a', priority: 'urgent' });
    await api.mission({ title: 'c', priority: 'normal', due_at: '2027-01-01T00:00:00Z' });
    const titles = async (sort: string) =>
      (await page(`missions?user_id=ada&sort=${sort}`)).missions.map((one) => one.title).join('');
    expect(await titles('-created_at')).to.equal('cab');
    expect(await titles('due_at')).to.equal('cba');
    expect(await titles('-priority')).to.equal('acb');
    await api.patch(`missions/${(await page('missions?user_id=ada&priority=low')).missions[0]?.id}`, {
      summary: 'touched',
    });
    expect(await titles('-updated_at')).to.equal('bca');
  });

  it('the last page has no cursor, even if it is full', async () => {
    for (let i = 0; i < 4; i++) await api.mission();
    const pages = await walk('missions?user_id=ada&limit=2', async () => {});
    expect(pages.map((one) => one.missions.length)).to.deep.equal([2, 2]);
  });

  it('the history can be read from either end while it grows, without a gap', async () => {
    const { id } = await api.mission();
    const log = (content: string) => api.post(`missions/${id}/events`, { event_type: 'note', content });
    for (let i = 2; i <= 9; i++) await log(`event ${i}`);
    const up = await walk(`missions/${id}/events?limit=4`, (n) =>
      n < 3 ? log(`while reading up ${n}`) : Promise.resolve(),
    );
    expect(up.flatMap((one) => one.events.map((event) => event.sequence))).to.deep.equal(
      Array.from({ length: 11 }, (_, i) => i + 1),
    );
    const down = await walk(`missions/${id}/events?order=desc&limit=4`, () => log('while reading down'));
    expect(down.flatMap((one) => one.events.map((event) => event.sequence))).to.deep.equal(
      Array.from({ length: 11 }, (_, i) => 11 - i),
    );
  });

  it('a cursor is accepted only by the list and the order that it came from', async () => {
    const { id } = await api.mission();
    await api.mission();
    for (let i = 0; i < 3; i++) await api.post(`missions/${id}/events`, { event_type: 'note' });
    const ofList = (await page('missions?user_id=ada&limit=1')).next_cursor ?? '';
    const ofHistory = (await page(`missions/${id}/events?limit=1`)).next_cursor ?? '';
    expect(ofList).not.to.equal('');
    expect(ofHistory).not.to.equal('');
    const forged = (parts: unknown): string => Buffer.from(JSON.stringify(parts)).toString('base64url');
    const paths = [
      `missions?user_id=ada&sort=due_at&cursor=${ofList}`,
      `missions?user_id=ada&cursor=${ofHistory}`,
      `missions/${id}/events?cursor=${ofList}`,
      `missions/${id}/events?order=desc&cursor=${ofHistory}`,
      ...[
        'x',
        '!!!',
        'e30',
        forged([]),
        forged({}),
        forged(['-created_at', 'now', id]),
        forged(['-created_at', '2026-01-01T00:00:00Z', 'x']),
        forged(['-created_at', null, null]),
        forged(['-created_at', '2026-13-45T00:00:00Z', id]),
      ].map((cursor) => `missions?user_id=ada&cursor=${encodeURIComponent(cursor)}`),
      ...[forged(['asc', -1]), forged(['asc', 1.5]), forged(['asc', '1']), forged(['asc', 2 ** 40])].map(
        (cursor) => `missions/${id}/events?cursor=${cursor}`,
      ),
    ];
    for (const path of paths) {
      const answer = await api.get(path);
      expect(answer.status, `${path} ${answer.text}`).to.equal(400);
      expect(answer.body.errors[0].path).to.equal('cursor');
    }
  });
});
