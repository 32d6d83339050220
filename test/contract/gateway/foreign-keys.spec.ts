import { expect } from 'chai';
import { pathParameters } from '@missions/contracts/rest/operation.ts';
import { isForBackend, isForUsers } from '@missions/contracts/rest/operations.ts';
import { newId } from '@missions/runtime/id.ts';
import { Api, type ApiResponse } from '@missions/test-support/api.ts';
import { product } from '@missions/test-support/shared-product.ts';
import { waitUntil } from '@missions/test-support/wait-until.ts';
import { keyScopes } from '@missions/contracts/key-scopes.ts';
import { keyOf } from './agent-key.ts';
import { type Call, call, ofOneResource, operations } from './call.ts';
import { description } from './described.ts';
import { example, exampleMission } from './examples.ts';

const isForOthers = (operation: (typeof operations)[number]) => isForUsers(operation) || isForBackend(operation);
const forOthers = operations.filter(isForOthers);
const forAgents = operations.filter((operation) => !isForOthers(operation));
const ofNoResource = forAgents.filter((operation) => !ofOneResource.includes(operation));

/** Every operation by every key that is bound to users; a new operation is in these tables by itself. */
describe('a key that is bound to users', () => {
  let api: Api;
  let check: Awaited<ReturnType<typeof description>>;
  let ofAda: { authorization: string };
  let ofEve: { authorization: string };
  let ofBoth: { authorization: string };
  /** By scope, keys for `ada` with it alone, and with all but it. */
  const having: Record<string, { authorization: string }> = {};
  const lacking: Record<string, { authorization: string }> = {};

  before(async () => {
    api = new Api(await product());
    check = await description();
    ofAda = await keyOf(api.customer, ['ada']);
    ofEve = await keyOf(api.customer, ['eve'], 'of-eve');
    ofBoth = await keyOf(api.customer, ['eve', 'mallory'], 'both');
    for (const scope of keyScopes) {
      // The runs of the examples are those of the agent `worker`.
      having[scope] = await keyOf(api.customer, ['ada'], scope === 'runs' ? 'worker' : `only-${scope}`, [scope]);
      const others = keyScopes.filter((one) => one !== scope);
      lacking[scope] = await keyOf(api.customer, ['ada'], `not-${scope}`, others);
    }
  });

  const codeOf = ({ status, body }: ApiResponse): string => `${status} ${body?.code ?? ''}`;
  const by = (key: { authorization: string }, { headers, ...asked }: Call, more: Call['headers'] = {}): Call => ({
    ...asked,
    headers: { ...headers, ...key, ...more },
  });
  /** The call without the user and the agent that it names. */
  const unnamed = ({ body, query, ...asked }: Call): Call => ({
    ...asked,
    ...(body !== undefined && { body: without(body as object) }),
    ...(query && { query: without(query) as Record<string, string> }),
  });
  const without = ({ user_id: _user, agent_id: _agent, ...rest }: { user_id?: string; agent_id?: string }): object =>
    rest;
  const asEve = (asked: Call): Call => {
    const { body, ...rest } = unnamed(asked);
    return by(ofEve, body === undefined ? rest : { ...rest, body: { ...(body as object), user_id: 'eve' } });
  };

  for (const operation of forOthers)
    it(`${operation.id}: opens nothing, whatever user it is bound to`, async () => {
      const asked = await example(api, operation);
      for (const key of [ofAda, ofEve]) {
        const answer = await call(api, operation, by(key, asked));
        expect(codeOf(answer)).to.equal('403 FORBIDDEN');
        check(answer, operation);
      }
    });

  for (const operation of forAgents) {
    it(`${operation.id}: may not name another user`, async () => {
      const asked = await example(api, operation);
      const answer = await call(api, operation, by(ofEve, asked, { 'x-user-id': 'ada' }));
      expect(codeOf(answer)).to.equal('403 FORBIDDEN');
      check(answer, operation);
    });

    it(`${operation.id}: must name one of several users`, async () => {
      const answer = await call(api, operation, by(ofBoth, unnamed(await example(api, operation))));
      expect(codeOf(answer)).to.equal('400 VALIDATION_FAILED');
      expect(answer.body.errors[0].path).to.match(/^\/?user_id$/);
    });

    it(`${operation.id}: does it for its own user, with the one scope that it needs`, async () => {
      const [needed = ''] = keyScopes.filter((scope) => scope === operation.scope);
      const answer = await call(api, operation, by(having[needed] as typeof ofAda, await example(api, operation)));
      expect(answer.status, answer.text).to.equal(operation.status);
    });

    it(`${operation.id}: is refused without that scope, which the refusal names`, async () => {
      const params = Object.fromEntries(pathParameters(operation.path).map((name) => [name, newId()]));
      const answer = await call(api, operation, by(lacking[operation.scope ?? ''] as typeof ofAda, { params }));
      expect(codeOf(answer)).to.equal('403 SCOPE_REQUIRED');
      expect(answer.body.scope).to.equal(operation.scope);
      expect(answer.headers.get('www-authenticate')).to.contain(
        `error="insufficient_scope", scope="${operation.scope}"`,
      );
      check(answer, operation);
    });
  }

  for (const operation of ofOneResource.filter((one) => !isForOthers(one)))
    it(`${operation.id}: gets the 404 of a missing resource for another user's`, async () => {
      const asked = unnamed(await example(api, operation));
      const never = Object.fromEntries(
        Object.keys(asked.params ?? {}).map((name) => [name, '01890000-0000-7000-8000-000000000000']),
      );
      const ofNobody = await call(api, operation, by(ofEve, { ...asked, params: never }));
      for (const foreign of [
        await call(api, operation, by(ofEve, asked)),
        await call(api, operation, by(ofBoth, asked, { 'x-user-id': 'mallory' })),
      ]) {
        expect(foreign.status, foreign.text).to.equal(404);
        check(foreign, operation);
        expect({ ...foreign.body, request_id: '' }).to.deep.equal({ ...ofNobody.body, request_id: '' });
      }
    });

  /** What an operation of no single resource does for `eve` while `ada` has all that it could reach. */
  const reaches: Record<string, (asked: Call) => Promise<void>> = {
    createMission: async (asked) => {
      const answer = await call(api, operationOf('createMission'), asEve(asked));
      expect(answer.body).to.include({ user_id: 'eve' });
    },
    listMissions: async () => {
      const { id } = await exampleMission(api);
      const answer = await call(api, operationOf('listMissions'), by(ofEve, { query: { user_id: 'eve' } }));
      expect(answer.status).to.equal(200);
      expect(answer.body.missions.map((one: { id: string }) => one.id)).not.to.include(id);
      for (const { user_id } of answer.body.missions) expect(user_id).to.equal('eve');
    },
    sendSignal: async (asked) => {
      const { reference } = asked.body as { reference: string };
      const { id } = await api.mission({ tasks: [{ title: 'wait', wait_for: { kind: 'webhook', reference } }] });
      const answer = await call(api, operationOf('sendSignal'), by(ofEve, asked));
      expect(answer.body).to.include({ waiters: 0, duplicate: false });
      expect((await api.get(`missions/${id}`)).body.status).to.equal('waiting');
      expect((await call(api, operationOf('sendSignal'), by(ofAda, asked))).body).to.include({ waiters: 1 });
    },
    sendEmail: async (asked) => {
      expect(codeOf(await call(api, operationOf('sendEmail'), asEve(asked)))).to.equal('404 MISSION_NOT_FOUND');
    },
    checkReplies: async () => {
      const { params } = await example(api, operationOf('getEmail'));
      const ofOne = { body: { user_id: 'eve', tracking_ids: [params?.['tracking_id']] } };
      const answer = await call(api, operationOf('checkReplies'), by(ofEve, ofOne));
      expect(codeOf(answer)).to.equal('404 EMAIL_NOT_FOUND');
      const ofAll = await call(api, operationOf('checkReplies'), by(ofEve, { body: { user_id: 'eve' } }));
      expect(ofAll.body).to.deep.include({ replies: [], new_replies: [], pending: [] });
    },
    claimRun: async (asked) => {
      const answer = await call(api, operationOf('claimRun'), by(ofEve, { ...asked, body: { wait_seconds: 1 } }));
      expect(answer.status, answer.text).to.equal(204);
      const ofOwner = await call(api, operationOf('claimRun'), by(ofAda, { ...asked, body: { wait_seconds: 20 } }));
      expect(ofOwner.status).to.equal(200);
    },
    listNotifications: async (asked) => {
      const id = await waitingForAda();
      const answer = await call(api, operationOf('listNotifications'), by(ofEve, { query: { user_id: 'eve' } }));
      expect(answer.status, answer.text).to.equal(200);
      expect(answer.text).not.to.contain(id);
      expect((await call(api, operationOf('listNotifications'), by(ofAda, asked))).text).to.contain(id);
    },
    verifyReceipt: async () => {
      const { id: missionId } = await api.mission({});
      const action = { type: 'pay', amount: 120 };
      const { id } = (await api.post(`missions/${missionId}/input-requests`, { prompt: 'Pay?', action })).body;
      const headers = { 'x-user-id': 'ada' };
      const respond = `/api/v1/input-requests/${id}/respond`;
      const { receipt } = (await api.post(respond, { selected_option: 'approve' }, { headers })).body.response;
      const verdict = async (key: { authorization: string }) =>
        (await call(api, operationOf('verifyReceipt'), by(key, { body: { receipt, action } }))).body;
      expect(await verdict(ofEve)).to.deep.equal({ approved: false, reason: 'This receipt is of another user.' });
      expect(await verdict(ofAda)).to.include({ approved: true });
    },
    markNotificationsTold: async (asked) => {
      const ids = [`question:${await waitingForAda()}`];
      const told = (key: Call['headers'], user_id: string) =>
        call(api, operationOf('markNotificationsTold'), { ...asked, headers: { ...key }, body: { user_id, ids } });
      expect((await told(ofEve, 'eve')).body).to.deep.equal({ ids: [] });
      expect((await told(ofAda, 'ada')).body).to.deep.equal({ ids });
    },
  };
  /** @returns a question that the notifier has heard of */
  const waitingForAda = async (): Promise<string> => {
    const { id: missionId } = await api.mission({});
    const { id } = (await api.post(`missions/${missionId}/input-requests`, { prompt: 'Which one?' })).body;
    await waitUntil(
      async () => (await api.get('/api/internal/notifications?user_id=ada')).text.includes(`question:${id}`),
      { withinMs: 30_000, what: 'the notifier to hear of the question' },
    );
    return id;
  };
  const operationOf = (id: string): (typeof operations)[number] => {
    const found = operations.find((operation) => operation.id === id);
    if (!found) throw new Error(`there is no operation ${id}`);
    return found;
  };
  for (const operation of ofNoResource)
    it(`${operation.id}: reaches nothing of another user`, async () => {
      const reach = reaches[operation.id];
      if (!reach) throw new Error(`${operation.id} has no case in ${import.meta.filename}: say what it may not reach`);
      await reach(await example(api, operation));
    });
});
