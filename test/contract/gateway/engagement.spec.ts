import { expect } from 'chai';
import { isForUsers } from '@missions/contracts/rest/operations.ts';
import { Api } from '@missions/test-support/api.ts';
import { product } from '@missions/test-support/shared-product.ts';
import { keyOf } from './agent-key.ts';
import { type Call, call, operations } from './call.ts';
import { example } from './examples.ts';

const naming = (member: string) =>
  operations.filter(
    (one) =>
      !isForUsers(one) &&
      one.method !== 'get' &&
      Object.hasOwn((one.body as { properties?: object } | undefined)?.properties ?? {}, member),
  );

/** A claim is of a conversation. */
const needsConversation = ['claimMissionTask'];
/** Its mission waits for its user as a whole, and is not offered to a run. */
const waitsForUser = ['withdrawInputRequest'];

/**
 * Every write that can name a conversation; a new one is in these tests by itself. A new mission has a life ahead, and a
 * release of what another agent has claimed changes nothing.
 */
const writes = naming('conversation_id').filter(({ id }) => id !== 'createMission' && id !== 'releaseMissionTask');

describe('an agent that writes to a mission', () => {
  let api: Api;
  let key: { authorization: string };
  before(async () => {
    api = new Api(await product());
    key = await keyOf(api.customer, ['ada']);
  });

  const missionOf = ({ params, body }: Call): string =>
    params?.['mission_id'] ?? (body as { mission_id: string }).mission_id;
  const engagedAt = async (id: string): Promise<string | null> =>
    (await api.get(`missions/${id}`)).body.last_user_engagement_at;
  const by = (asked: Call, conversation_id: string, headers: Record<string, string> = {}): Call => ({
    ...asked,
    body: { ...(asked.body as object), agent_id: 'worker', conversation_id },
    headers: { ...key, ...headers },
  });

  it('can name a conversation in the calls of a chat', () => {
    expect(writes.map(({ id }) => id)).to.include.members(['logMissionEvent', 'resumeMission', 'askUser', 'sendEmail']);
  });

  for (const operation of writes) {
    it(`${operation.id}: engages for the user in a conversation only`, async () => {
      const asked = await example(api, operation);
      const id = missionOf(asked);
      const outside = await call(api, operation, by(asked, ''));
      if (needsConversation.includes(operation.id)) expect(outside.body.code).to.equal('VALIDATION_FAILED');
      else expect(outside.status).to.be.below(300);
      expect(await engagedAt(id)).to.equal(null);

      const again = await example(api, operation);
      expect((await call(api, operation, by(again, 'chat-1'))).status).to.be.below(300);
      expect(await engagedAt(missionOf(again))).to.be.a('string');
    });

    if (waitsForUser.includes(operation.id)) continue;
    it(`${operation.id}: does not engage for the user in a run`, async () => {
      const asked = await example(api, operation);
      const id = missionOf(asked);
      await api.patch(`missions/${id}`, { can_run_autonomously: true });
      const { body } = await api.post('runs/claim', { agent_id: 'worker', wait_seconds: 20, lease_seconds: 300 });
      expect(body.run.mission_id).to.equal(id);
      const under = { 'x-run': `${body.run.id}:${body.run.fence}` };
      expect((await call(api, operation, by(asked, 'chat-1', under))).status).to.be.below(300);
      expect(await engagedAt(id)).to.equal(null);
    });
  }
});
