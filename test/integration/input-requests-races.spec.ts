import { expect } from 'chai';
import { setTimeout as pause } from 'node:timers/promises';
import { type ApiResponse, Api } from '@missions/test-support/api.ts';
import { type DeployedServers, startDeployedServers } from '@missions/test-support/deployed-servers.ts';
import { type Product, startProduct } from '@missions/test-support/product.ts';
import { waitUntil } from '@missions/test-support/wait-until.ts';
import {
  endsOf,
  isActiveAgain,
  historyOf,
  missionOf,
  requestOf,
  returnsOf,
  waitingForAda,
  type Waiting,
} from './client.ts';
import { SimulatedUser } from './simulated-user.ts';

const ROUNDS = 60;
const CANCELS = 200;
const RIVALS = 20;
const MINUTE = 60_000;
/** Time from creation to expiry by the database's clock; see mission-behind.ts. */
const STANDS_MS = 1_500;

/** Through the whole chain. The same at the store itself, 200 times each: services/approval/handlers/races.spec.ts. */
describe('concurrent responses to one input request', () => {
  let servers: DeployedServers;
  let running: Product;
  let api: Api;
  let ada: SimulatedUser;

  before(async () => {
    servers = await startDeployedServers();
    const env = { mission: { BEHIND_MS: String(MINUTE - STANDS_MS) } };
    running = await startProduct({
      database: await servers.freshDatabase(),
      natsUrlFor: servers.natsUrlFor,
      script: { mission: 'test/integration/mission-behind.ts' },
      env,
    });
    api = new Api(running);
    ada = new SimulatedUser(api);
  });
  afterEach(function () {
    if (this.currentTest?.state === 'failed') console.error(running?.logs());
  });
  after(async () => {
    await running?.stop();
    await servers?.stop();
  });

  const codeOf = (answer: ApiResponse): string =>
    answer.status === 200 ? 'ok' : `${answer.status} ${answer.body?.code}`;
  const times = (codes: readonly string[], code: string): number => codes.filter((one) => one === code).length;

  it(`one of ${RIVALS} responses wins and the mission resumes once, ${ROUNDS} times`, async () => {
    const played: Waiting[] = [];
    for (let round = 0; round < ROUNDS; round++) {
      const asked = await waitingForAda(api, { expires_in_hours: 1 });
      played.push(asked);
      const answers = await Promise.all(
        Array.from({ length: RIVALS }, (_, n) => ada.respond(asked.request.id, { freeform_text: `answer ${n}` })),
      );
      const codes = answers.map(codeOf);
      expect(times(codes, 'ok'), codes.join()).to.equal(1);
      expect(times(codes, '409 ALREADY_RESPONDED'), codes.join()).to.equal(RIVALS - 1);
      const won = `answer ${codes.indexOf('ok')}`;
      expect((await requestOf(api, asked)).response.freeform_text).to.equal(won);
      expect((await isActiveAgain(api, asked.missionId)).tasks[0].result.response.freeform_text).to.equal(won);
    }
    // Checked last, when any duplicate would have arrived.
    for (const { missionId, taskId, request } of played) {
      const history = await historyOf(api, missionId);
      expect(endsOf(history, request.id).map((entry) => entry.event_type)).to.deep.equal(['input_responded']);
      expect(returnsOf(history, taskId)).to.equal(1);
    }
  });

  it(`a response beside the cancel is refused or stands in the history of the mission, ${CANCELS} times`, async () => {
    const seen = { before: 0, late: 0, refused: 0 };
    const play = async (round: number): Promise<void> => {
      const asked = await waitingForAda(api, { expires_in_hours: 1 });
      const { missionId, request } = asked;
      const cancel = ada.control(missionId, 'cancel');
      if (round % 2 === 0) await cancel;
      await pause(round % 30);
      const code = codeOf(await ada.respond(request.id, { freeform_text: `answer ${round}` }));
      expect((await cancel).status).to.equal(200);
      if (code !== 'ok') {
        expect(code).to.equal('409 ALREADY_RESPONDED');
        seen.refused++;
        return;
      }
      const entry = await waitUntil(
        async () => (await historyOf(api, missionId)).find(({ content }) => content === `answer ${round}`),
        { what: `mission ${missionId} to hear the response` },
      );
      expect(['input_responded', 'user_message']).to.include(entry.event_type);
      expect(entry.metadata.late ?? false).to.equal(entry.event_type === 'user_message');
      seen[entry.event_type === 'user_message' ? 'late' : 'before']++;
      expect((await requestOf(api, asked)).response.freeform_text).to.equal(`answer ${round}`);
      expect((await missionOf(api, missionId)).status).to.equal('cancelled');
    };
    let next = 0;
    const player = async (): Promise<void> => {
      while (next < CANCELS) await play(next++);
    };
    await Promise.all(Array.from({ length: 4 }, player));
    expect(seen.late, `${JSON.stringify(seen)}: what is tested must happen`).to.be.above(0);
  });

  it(`a response and the deadline have exactly one outcome, ${ROUNDS} times`, async () => {
    const offsets = [-5, -3, -2, -1, 0, 1, 2, 3, 5];
    const outcomes = { responded: 0, expired: 0 };
    const rival = async (asked: Waiting, offset: number): Promise<string> => {
      await pause(Math.max(0, Date.parse(asked.request.expires_at) + offset - Date.now()));
      return codeOf(await ada.respond(asked.request.id, { freeform_text: `at ${offset}` }));
    };
    const play = async (round: number): Promise<void> => {
      const asked = await waitingForAda(api, { expires_in_hours: 1 / 60 });
      const { missionId, taskId, request } = asked;
      // From a round to the next by another of them, so that both sides win some.
      const codes = await Promise.all(
        [0, 4].map((shift) => rival(asked, offsets[(round + shift) % offsets.length] ?? 0)),
      );
      const won = times(codes, 'ok');
      expect(won, codes.join()).to.be.at.most(1);
      expect(times(codes, '409 REQUEST_EXPIRED') + times(codes, '409 ALREADY_RESPONDED'), codes.join()).to.equal(
        codes.length - won,
      );
      const { status, responded_at, expires_at } = await waitUntil(async () => {
        const read = await requestOf(api, asked);
        return read.status === 'pending' ? undefined : read;
      });
      expect(status, codes.join()).to.equal(won ? 'responded' : 'expired');
      if (won) expect(responded_at < expires_at, `${responded_at} of ${expires_at}`).to.equal(true);
      else expect(codes).to.deep.equal(codes.map(() => '409 REQUEST_EXPIRED'));
      outcomes[won ? 'responded' : 'expired']++;
      const { tasks } = await isActiveAgain(api, missionId);
      expect(tasks[0]).to.include(won ? { status: 'in_progress' } : { status: 'failed', error: 'timeout' });
      const history = await historyOf(api, missionId);
      expect(endsOf(history, request.id).map((entry) => entry.event_type)).to.deep.equal([
        won ? 'input_responded' : 'input_expired',
      ]);
      expect(returnsOf(history, taskId)).to.equal(won);
      expect(codeOf(await ada.respond(request.id, { selected_option: 'yes' }))).to.equal(
        won ? '409 ALREADY_RESPONDED' : '409 REQUEST_EXPIRED',
      );
    };
    let next = 0;
    const player = async (): Promise<void> => {
      while (next < ROUNDS) await play(next++);
    };
    await Promise.all(Array.from({ length: 6 }, player));
    expect(outcomes.responded + outcomes.expired).to.equal(ROUNDS);
    expect(outcomes.expired, 'rounds that the deadline won').to.be.at.least(1);
  });
});
