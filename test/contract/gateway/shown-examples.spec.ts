import { expect } from 'chai';
import { isForBackend, isForUsers } from '@missions/contracts/rest/operations.ts';
import { Api } from '@missions/test-support/api.ts';
import { product } from '@missions/test-support/shared-product.ts';
import { keyOf } from './agent-key.ts';
import { call, withBody } from './call.ts';
import { served } from './described.ts';
import { example } from './examples.ts';

/** The example of a body that `/docs` offers to send. */
type Described = Record<
  string,
  Record<string, { requestBody: { content: { 'application/json': { example?: Record<string, unknown> } } } }>
>;

describe('the examples that /docs shows', () => {
  let api: Api;
  let key: { authorization: string };
  let paths: Described;

  before(async () => {
    api = new Api(await product());
    key = await keyOf(api.customer, null);
    ({ paths } = (await served()) as { paths: Described });
  });

  /** What succeeds once on the same thing: it ends a mission or a question, takes a run, or reminds after hours only. */
  const onceOnly = new Set(['updateMission', 'withdrawInputRequest', 'claimRun', 'sendFollowUp']);
  /** The same one again within a minute is taken for a repeat. */
  const refusedAgain = new Set(['createWebhook']);
  /** The reader's own ids and fence stand for those of the example; whatever else is shown is sent. */
  const READERS_OWN = /^(mission|task|request|run)_id$|^(fence|depends_on|tracking_ids)$/;

  for (const operation of withBody.filter((one) => !isForUsers(one))) {
    const credential = isForBackend(operation) ? 'the service secret' : 'an agent’s key';
    it(`${operation.id}: can be sent with ${credential} as shown, twice in a row`, async () => {
      const shown = paths[operation.path]?.[operation.method]?.requestBody.content['application/json'].example ?? {};
      const others = Object.entries(shown).filter(([name]) => !READERS_OWN.test(name));
      let prepared = await example(api, operation);
      for (const time of ['once', 'again']) {
        if (time === 'again' && onceOnly.has(operation.id)) prepared = await example(api, operation);
        const { params = {}, body = {} } = prepared;
        const own = Object.entries(body).filter(([name]) => READERS_OWN.test(name));
        const sent = Object.fromEntries([...others, ...own]);
        const answer = await call(api, operation, {
          ...{ params, body: sent },
          ...(!isForBackend(operation) && { headers: key }),
        });
        const expected = time === 'again' && refusedAgain.has(operation.id) ? [409] : [operation.status, 204];
        expect(answer.status, `${time}: ${answer.text}`).to.be.oneOf(expected);
      }
    });
  }
});
