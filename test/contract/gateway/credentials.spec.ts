import { expect } from 'chai';
import { isForBackend } from '@missions/contracts/rest/operations.ts';
import { Api, type ApiResponse } from '@missions/test-support/api.ts';
import { product } from '@missions/test-support/shared-product.ts';
import { asUser, call, ofOneResource, operations } from './call.ts';
import { description } from './described.ts';
import { example, exampleMission, onlyByTime } from './examples.ts';

const notFoundCode = (path: string): string => {
  // The mission takes a question back.
  if (path.endsWith('/withdraw')) return 'MISSION_NOT_FOUND';
  if (path.includes('{request_id}')) return 'INPUT_REQUEST_NOT_FOUND';
  if (path.includes('{tracking_id}')) return 'EMAIL_NOT_FOUND';
  return /{(run|session|device|webhook|rule|delegation)_id}/.test(path) ? 'NOT_FOUND' : 'MISSION_NOT_FOUND';
};

describe('the credentials of the gateway’s callers', () => {
  let api: Api;
  let check: Awaited<ReturnType<typeof description>>;
  let mission: Awaited<ReturnType<typeof exampleMission>>;

  before(async () => {
    api = new Api(await product());
    check = await description();
    mission = await exampleMission(api);
  });

  for (const operation of operations) {
    it(`${operation.id}: a call without a credential gets 401`, async () => {
      const answer = await call(api, operation, {
        ...(await example(api, operation)),
        headers: { authorization: null },
      });
      expect(answer.status).to.equal(401);
      expect(answer.body.code).to.equal('UNAUTHENTICATED');
      expect(answer.headers.get('www-authenticate')).to.match(/^Bearer realm=/);
      check(answer, operation);
    });
  }

  it('an unknown credential of any kind gets 401, before the body is read', async () => {
    const { secret } = await product();
    for (const authorization of [
      'Bearer',
      'Bearer ',
      'Bearer wrong',
      `Bearer ${secret}x`,
      `Bearer ${secret.slice(1)}`,
      `Basic ${btoa(`a:${secret}`)}`,
      secret,
      `Bearer ${secret} ${secret}`,
    ]) {
      const answer = await api.post('missions', '{"broken', { headers: { authorization } });
      expect(answer.status, authorization).to.equal(401);
      expect(answer.text).not.to.contain(secret);
    }
  });

  it('the scheme is accepted in upper and lower case (RFC 9110 section 11.1)', async () => {
    const { secret } = await product();
    expect((await api.get('missions?user_id=ada', { headers: { authorization: `bearer ${secret}` } })).status).to.equal(
      200,
    );
  });

  for (const operation of ofOneResource) {
    const notFound = (answer: ApiResponse): void => {
      expect(answer.status, answer.text).to.equal(404);
      expect(answer.body.code).to.equal(notFoundCode(operation.path));
      check(answer, operation);
    };

    it(`${operation.id}: another customer's or user's resource gets the same 404 as a missing one`, async () => {
      const asked = await example(api, operation);
      const other = await call(new Api(await product()), operation, asked);
      notFound(other);
      // Of no user are the endpoints of a customer.
      if (!isForBackend(operation)) {
        notFound(await call(api, operation, asUser(operation, 'eve', asked)));
        notFound(await call(api, operation, { ...asked, headers: { 'x-user-id': 'eve' } }));
      }
      const never = await call(api, operation, {
        ...asked,
        params: Object.fromEntries(
          Object.keys(asked.params ?? {}).map((name) => [name, '01890000-0000-7000-8000-000000000000']),
        ),
      });
      notFound(never);
      const { request_id: _one, ...first } = other.body;
      const { request_id: _other, ...second } = never.body;
      expect(first).to.deep.equal(second);
    });

    if (!onlyByTime.has(operation.id))
      it(`${operation.id}: the owner's call succeeds`, async () => {
        const answer = await call(api, operation, asUser(operation, 'ada', await example(api, operation)));
        expect(answer.status, answer.text).to.equal(operation.status);
      });
  }

  it('a task of another mission gets 404 with TASK_NOT_FOUND', async () => {
    const other = await exampleMission(api);
    const answer = await api.patch(`missions/${other.id}/tasks/${mission.tasks[0]?.id}`, { status: 'in_progress' });
    expect(answer.status).to.equal(404);
    expect(answer.body.code).to.equal('TASK_NOT_FOUND');
  });

  it('a list contains no mission of another customer or user', async () => {
    for (const answer of [
      await new Api(await product()).get('missions?user_id=ada'),
      await api.get('missions?user_id=eve'),
    ]) {
      expect(answer.status).to.equal(200);
      expect(answer.body.missions).to.deep.equal([]);
    }
  });

  it('a customer’s name is compared exactly: case, spaces and marks are part of it', async () => {
    const { origin, secret } = await product();
    const named = (name: string) => new Api({ origin, secret }, name);
    const { id } = await named('Zoë')
      .mission()
      .catch(() => ({ id: '' }));
    // fetch sends header values as Latin-1. The bytes of this name are no valid UTF-8, so the gateway refuses them.
    expect(id).to.equal('');
    const utf8 = Buffer.from('Zoë').toString('latin1');
    const mission = await named(utf8).mission();
    expect(mission.customer_id).to.equal('Zoë');
    expect((await named('zoë').get(`missions/${mission.id}`)).status).to.equal(400);
    expect((await named(Buffer.from('zoë').toString('latin1')).get(`missions/${mission.id}`)).status).to.equal(404);
  });

  it('two different users in one request are refused', async () => {
    const answer = await api.post('missions', { user_id: 'ada', title: 'Whose?' }, { headers: { 'x-user-id': 'eve' } });
    expect(answer.status).to.equal(400);
    expect(answer.body.errors[0].path).to.equal('user_id');
  });
});
