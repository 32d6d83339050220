import type { Client } from '@modelcontextprotocol/client';
import { expect } from 'chai';
import { randomUUID } from 'node:crypto';
import { actingFor } from '../testing/tools-of.ts';
import { called, idIn, overStdio, type Revision } from '../testing/mcp-client.ts';

const env = { MISSIONS_QUESTION_URL: 'https://app.example.com/missions/{mission_id}/questions/{request_id}' };

describe('a question over MCP, to a client that can open an address for its user', () => {
  const customerId = `elicit-${randomUUID()}`;

  /** A client whose user acts on what it is shown. */
  const client = async (revision: Revision, shown: (params: any) => Promise<'accept' | 'decline'>): Promise<Client> => {
    const made = await overStdio(revision, { customerId, env }, { capabilities: { elicitation: { url: {} } } }, (one) =>
      one.setRequestHandler('elicitation/create', async ({ params }) => ({
        action: await shown(params),
        ...(revision !== '2026-07-28' && { content: { selected_option: 'approve' } }),
      })),
    );
    return made;
  };
  const ask = { prompt: 'Book Tuesday at ten?', options: [{ id: 'approve', label: 'Yes' }] };

  for (const revision of ['2026-07-28', '2025-11-25'] satisfies Revision[]) {
    it(`${revision}: is shown the address, and only the user’s response there counts`, async () => {
      const { user } = await actingFor('ada', {}, customerId);
      const seen: any[] = [];
      const connected = await client(revision, async (params) => {
        seen.push(params);
        await user.respondToInputRequest(params.url.split('/').at(-1), { selected_option: 'approve' });
        return 'accept';
      });
      try {
        const mission_id = idIn(await called(connected, 'mission_create', { title: 'Meeting' }));
        const text = await called(connected, 'mission_ask_user', { mission_id, ...ask });
        expect(seen).to.have.length(1);
        expect(seen[0]).to.deep.include({
          mode: 'url',
          url: `https://app.example.com/missions/${mission_id}/questions/${idIn(text)}`,
        });
        expect(text).to.contain('the user answered with option "approve"');
        expect(
          (await user.listMyInputRequests({})).input_requests.filter((one) => one.mission_id === mission_id),
        ).to.have.length(1);
      } finally {
        await connected.close();
      }
    });

    it(`${revision}: cannot respond by its elicitation result`, async () => {
      for (const action of ['accept', 'decline'] as const) {
        const connected = await client(revision, async () => action);
        try {
          const mission_id = idIn(await called(connected, 'mission_create', { title: 'Meeting' }));
          expect(await called(connected, 'mission_ask_user', { mission_id, ...ask }), action).to.contain(
            'status pending: the user has not answered yet',
          );
        } finally {
          await connected.close();
        }
      }
    });
  }

  it('is given the address as text without URL elicitation', async () => {
    const connected = await overStdio('2025-06-18', { customerId, env });
    try {
      const mission_id = idIn(await called(connected, 'mission_create', { title: 'Meeting' }));
      expect(await called(connected, 'mission_ask_user', { mission_id, ...ask })).to.contain(
        `at https://app.example.com/missions/${mission_id}/questions/`,
      );
    } finally {
      await connected.close();
    }
  });
});
