import { randomUUID } from 'node:crypto';
import { expect } from 'chai';
import type { Operation } from '@missions/contracts/rest/operation.ts';
import { isForBackend, isForUsers } from '@missions/contracts/rest/operations.ts';
import { furtherGateway } from '@missions/test-support/further-gateway.ts';
import { Api, type ApiResponse, type CallOptions } from '@missions/test-support/api.ts';
import type { Program } from '@missions/test-support/program.ts';
import { product } from '@missions/test-support/shared-product.ts';
import { keyOf } from './agent-key.ts';
import { type Call, call, ofOneResource, operations } from './call.ts';
import { example } from './examples.ts';
import { type Browser, signedIn } from './signed-in.ts';
import { type IdentityProvider, identityProvider } from './identity-provider.ts';

type Headers = Record<string, string | null>;

const MARK = 'Kassiopeia-7141';
const TEXTS = new Set(['title', 'description', 'prompt', 'subject', 'content', 'label', 'freeform_text', 'reason']);

/** The trusted backend, which writes a mark into every text of the owner's. */
class MarkingApi extends Api {
  override send(method: string, path: string, { body, ...options }: CallOptions = {}): Promise<ApiResponse> {
    return super.send(method, path, { ...options, ...(body !== undefined && { body: marked(body) as object }) });
  }
}

const marked = (value: unknown): unknown => {
  if (Array.isArray(value)) return value.map(marked);
  if (value === null || typeof value !== 'object') return value;
  return Object.fromEntries(
    Object.entries(value).map(([name, member]) => [
      name,
      typeof member === 'string' ? (TEXTS.has(name) ? `${member} ${MARK}` : member) : marked(member),
    ]),
  );
};

const names = ['mission_id', 'items', 'item'];
/** What is named in the body, and belongs to somebody. */
const namesResource = ({ body }: Call): boolean => names.some((name) => Object.hasOwn((body ?? {}) as object, name));

/** A caller whose data it is not, and the statuses that it may get by rule. */
interface Foreigner {
  readonly headers: () => Promise<Headers>;
  readonly gets: (operation: Operation, asked: Call) => readonly number[];
  /** Its own customer and user; `ada` of the other customer by default. */
  readonly self?: () => readonly [string, string];
}

const isRunOfAgent = ({ path, id }: Operation): boolean => path.includes('{run_id}') || id === 'claimRun';
/** What is somebody else's looks as if it were missing; what is of no single resource is done for the caller. */
const missingOrOwn = (operation: Operation, asked: Call): readonly number[] =>
  // A code is its user's.
  ofOneResource.includes(operation) || namesResource(asked) || operation.id === 'confirmMyAddress'
    ? [404]
    : [operation.status, 204];

/** Every operation of /openapi.json (openapi.spec.ts compares the two) by every caller who has no right to it. */
describe('an operation on data of another', () => {
  let gateway: Program;
  let provider: IdentityProvider;
  let owner: MarkingApi;
  /** The same headers without the mark, for what the others send. */
  let plain: Api;
  let others: string;
  let secret: string;
  let keys: Record<'eve' | 'foreign' | 'agent', Headers>;
  let browsers: Record<'ada' | 'eve' | 'foreign', Browser>;

  before(async () => {
    const running = await product();
    secret = running.secret;
    provider = await identityProvider();
    gateway = await furtherGateway('gateway-of-foreign-callers', {
      RATE_LIMIT_PER_KEY: '0',
      RATE_LIMIT_PER_ADDRESS: '0',
      ...provider.env,
    });
    await gateway.start();
    owner = new MarkingApi({ origin: `http://127.0.0.1:${gateway.port}`, secret });
    plain = new Api({ origin: owner.origin, secret }, owner.customer);
    others = `customer-${randomUUID()}`;
    keys = {
      eve: await keyOf(owner.customer, ['eve']),
      agent: await keyOf(owner.customer, ['ada'], 'another-agent'),
      foreign: await keyOf(others, null),
    };
    browsers = {
      ada: await signedIn(owner.customer, 'ada', owner.origin),
      eve: await signedIn(owner.customer, 'eve', owner.origin),
      foreign: await signedIn(others, 'ada', owner.origin),
    };
  });
  after(async () => {
    await gateway.stop();
    provider.stop();
  });

  const unnamed: Headers = { 'x-customer-id': null, 'x-user-id': null };
  const forUsersOnly = (operation: Operation, asked: Call) =>
    isForUsers(operation) ? missingOrOwn(operation, asked) : [401];
  const forAgentsOnly = (operation: Operation, asked: Call) =>
    isForUsers(operation) || isForBackend(operation) ? [403] : missingOrOwn(operation, asked);

  const foreigners: Record<string, Foreigner> = {
    'no credential': { headers: async () => ({ authorization: null }), gets: () => [401] },
    'an expired token of its user': {
      headers: async () => ({ ...unnamed, ...(await provider.tokenOf('ada', owner.customer, -60)) }),
      gets: () => [401],
    },
    'a user of the same name of another customer': {
      headers: async () => ({ ...unnamed, ...(await provider.tokenOf('ada', others)) }),
      gets: forUsersOnly,
    },
    'that user, who names the customer': {
      headers: async () => ({ 'x-user-id': null, ...(await provider.tokenOf('ada', others)) }),
      gets: (operation) => (isForUsers(operation) ? [403] : [401]),
    },
    'another user of the customer': {
      headers: async () => ({ ...unnamed, ...(await provider.tokenOf('eve', owner.customer)) }),
      gets: forUsersOnly,
      self: () => [owner.customer, 'eve'],
    },
    'the session of another user of the customer': {
      headers: async () => browsers.eve.headers,
      gets: forUsersOnly,
      self: () => [owner.customer, 'eve'],
    },
    'that session, which names its user': {
      headers: async () => ({ ...browsers.eve.headers, 'x-user-id': 'ada' }),
      gets: (operation) => (isForUsers(operation) ? [403] : [401]),
    },
    'the session of a user of the same name of another customer': {
      headers: async () => browsers.foreign.headers,
      gets: forUsersOnly,
    },
    'the session of its user, made use of by a page elsewhere': {
      headers: async () => ({
        ...browsers.ada.headers,
        'sec-fetch-site': 'cross-site',
        origin: 'https://evil.example',
      }),
      // What a read answers, the browser keeps from such a page: no header of ours lets it see.
      gets: (operation) => (!isForUsers(operation) ? [401] : [403]),
    },
    'another user, who names its user': {
      headers: async () => ({ 'x-user-id': 'ada', ...(await provider.tokenOf('eve', owner.customer)) }),
      gets: (operation) => (isForUsers(operation) ? [403] : [401]),
    },
    "the key of another user's agent": {
      headers: async () => ({ ...unnamed, ...keys.eve }),
      gets: forAgentsOnly,
      self: () => [owner.customer, 'eve'],
    },
    'a key of another customer': {
      headers: async () => ({ 'x-customer-id': null, 'x-user-id': 'ada', ...keys.foreign }),
      gets: forAgentsOnly,
    },
    'that key, which names the customer': { headers: async () => ({ ...keys.foreign }), gets: () => [403] },
    "the key of another agent of its user, for an agent's runs": {
      headers: async () => ({ ...unnamed, ...keys.agent }),
      self: () => [owner.customer, 'ada'],
      gets: (operation, asked) => {
        if (isForUsers(operation) || isForBackend(operation)) return [403];
        // An agent works on all missions of its users, whoever began them; a run is one agent's.
        return isRunOfAgent(operation) ? [403, 404, 409] : [operation.status, ...missingOrOwn(operation, asked)];
      },
    },
  };
  /** A user's own data is no foreign data for any of its agents. */
  const mayRead = (name: string, operation: Operation): boolean =>
    (name.startsWith('the key of another agent of its user') &&
      !isRunOfAgent(operation) &&
      !isForUsers(operation) &&
      !isForBackend(operation)) ||
    (name.startsWith('the session of its user') && isForUsers(operation) && operation.method === 'get');

  /** The call for the caller's own user, so that nothing but the credential decides; nobody waits for a run here. */
  const by = ({ body, query, ...asked }: Call, headers: Headers, user_id: string): Call => {
    const own = { user_id, agent_id: 'worker', wait_seconds: 0 };
    return {
      ...asked,
      headers,
      ...(query && { query: replaced(query, { user_id }) as Record<string, string> }),
      ...(body !== undefined && { body: replaced(body as object, own) }),
    };
  };
  const replaced = (object: object, values: object): object =>
    Object.fromEntries(Object.entries({ ...object, ...values }).filter(([name]) => Object.hasOwn(object, name)));
  const stateOf = async ({ params }: Call): Promise<unknown> =>
    params?.['mission_id'] && (await owner.get(`missions/${params['mission_id']}`)).text;

  /** What a stream of the caller's own brings until a later change of its own: before that, the owner's would come. */
  async function streamed({ headers = {} }: Call, [customer, user]: readonly [string, string]) {
    const kept = Object.entries(headers).filter((header): header is [string, string] => header[1] !== null);
    const { status, body } = await fetch(`${owner.origin}/api/v1/stream`, { headers: Object.fromEntries(kept) });
    if (!body) throw new Error('the stream has no body');
    const reader = body.pipeThrough(new TextDecoderStream()).getReader();
    let text = (await reader.read()).value ?? '';
    await owner.mission();
    const { id } = await new Api({ origin: owner.origin, secret }, customer).mission({ user_id: user });
    for (let more = true; more && !text.includes(id);) {
      const { value = '', done } = await reader.read();
      text += value;
      more = !done;
    }
    await reader.cancel();
    return { status, text };
  }

  for (const operation of operations)
    it(`${operation.id}: tells nothing of it, and changes nothing`, async () => {
      const asked = await example(owner, operation);
      const faults: string[] = [];
      for (const [name, { headers, gets, self }] of Object.entries(foreigners)) {
        if (mayRead(name, operation)) continue;
        const before = await stateOf(asked);
        const own = self?.() ?? [others, 'ada'];
        const sent = by(asked, await headers(), own[1]);
        const opens = operation.id === 'streamMyEvents' && gets(operation, sent).includes(200);
        const { status, text } = opens ? await streamed(sent, own) : await call(plain, operation, sent);
        if (!gets(operation, sent).includes(status)) faults.push(`${name}: ${status} ${text.slice(0, 300)}`);
        if (text.includes(MARK)) faults.push(`${name} was told: ${text}`);
        if ((await stateOf(asked)) !== before) faults.push(`${name} has changed it`);
      }
      expect(faults).to.deep.equal([]);
    });
});
