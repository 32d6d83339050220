import { expect } from 'chai';
import { liveSubject } from '@missions/contracts/subjects.ts';
import { servers } from '@missions/test-support/stack.ts';
import { waitUntil } from '@missions/test-support/wait-until.ts';
import type { Bus } from './bus.ts';
import { connectBus } from './connect.ts';
import { silent } from './testing/request-fixtures.ts';

describe('notifications', () => {
  let bus: Bus;
  beforeEach(async () => {
    bus = await connectBus({ servers: (await servers()).natsUrl, name: 'gateway', logger: silent });
  });
  afterEach(() => bus.drain());

  it('reach the subscribers of their user, whatever the characters of the ids, and no others', async () => {
    const seen: unknown[] = [];
    const users = ['ann', 'ann.b', 'ann b', '*', '>', ''];
    const stops = users.map((user) => bus.onNotification('acme.co', user, (payload) => seen.push([user, payload])));
    bus.notify('acme', 'ann', { n: 0 });
    for (const [n, user] of users.entries()) bus.notify('acme.co', user, { n });
    await bus.flush();
    expect(seen).to.deep.equal(users.map((user, n) => [user, { n }]));

    for (const stop of stops) stop();
    bus.notify('acme.co', 'ann', { n: 9 });
    await bus.flush();
    expect(seen).to.have.lengthOf(users.length);
  });

  it('are ignored if they are not JSON', async () => {
    const seen: unknown[] = [];
    const bodies: string[] = [];
    bus.onNotification('acme', 'ann', (payload) => seen.push(payload));
    bus.subscribe(liveSubject('acme', 'ann'), ({ body }) => bodies.push(body));
    bus.notify('acme', 'ann', { toJSON: () => undefined });
    bus.notify('acme', 'ann', { ok: true });
    await waitUntil(() => bodies.length === 2);
    expect(seen).to.deep.equal([{ ok: true }]);
  });
});
