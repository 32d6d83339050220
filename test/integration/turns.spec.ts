import { expect } from 'chai';
import { Api } from '@missions/test-support/api.ts';
import { product } from '@missions/test-support/shared-product.ts';
import { waitUntil } from '@missions/test-support/wait-until.ts';
import { expectStatus } from './client.ts';

describe('runs that wait for an agent', () => {
  it('go out by the priority of their missions, also where it was changed while they waited', async () => {
    const api = new Api(await product());
    const create = async (priority: string): Promise<string> =>
      (await api.mission({ can_run_autonomously: true, priority })).id;
    const [low, normal, urgent, raised] = [
      await create('low'),
      await create('normal'),
      await create('urgent'),
      await create('low'),
    ];
    for (const id of [low, normal, urgent, raised])
      await waitUntil(async () => (await api.get(`missions/${id}/runs`)).body.runs.length === 1, { what: 'the run' });
    await expectStatus(200, api.patch(`missions/${raised}`, { priority: 'high' }));
    // Events of one service arrive in their order: the run of a later mission says that the change has arrived.
    const last = await create('normal');
    await waitUntil(async () => (await api.get(`missions/${last}/runs`)).body.runs.length === 1, { what: 'the run' });
    const given = [];
    for (let i = 0; i < 5; i++) {
      const { run } = await expectStatus(200, api.post('runs/claim', { agent_id: 'robot', wait_seconds: 20 }));
      given.push(run.mission_id);
    }
    expect(given).to.deep.equal([urgent, raised, normal, last, low]);
  });
});
