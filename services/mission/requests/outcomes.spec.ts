import { expect } from 'chai';
import { approvalOutcomes } from '@missions/contracts/approval/events.ts';
import type { EventEnvelope } from '@missions/contracts/event.ts';
import { sealOf } from '@missions/messaging/event-seal.ts';
import { newId } from '@missions/runtime/id.ts';
import { ANSWER_KEY } from '@missions/test-support/caller-keys.ts';
import { type MissionUnderTest, startMissionUnderTest } from '../testing/service.ts';

const ANSWERS = 12;
/** No text of PostgreSQL may hold it, so that the server refuses whatever statement has it. */
const NUL = '\u0000';

describe('answers of the same moment', () => {
  let service: MissionUnderTest;
  before(async () => {
    service = await startMissionUnderTest();
  });
  after(() => service.stop());

  interface Asked {
    readonly mission: string;
    readonly request: string;
  }
  const ask = async (): Promise<Asked> => {
    const { id } = await service.request<{ id: string }>('create', { title: 'Ask' });
    const question = { prompt: 'Which day?' };
    const { id: request } = await service.request<{ id: string }>('ask', { mission_id: id, question });
    return { mission: id, request };
  };
  const answer = ({ mission: mission_id, request: request_id }: Asked, freeform_text: string | null) => {
    const owner = { customer_id: 'acme', user_id: 'ada', mission_id };
    const response = { selected_option: null, freeform_text, responded_by: 'ada', via: 'api' };
    const event: EventEnvelope = {
      ...{ id: newId(), type: approvalOutcomes.responded, source: '/services/approval', version: 2, index: 0 },
      ...{ time: '2026-12-03T12:00:00.000Z', ...owner },
      data: { ...owner, task_id: null, request_id, response },
    };
    const body = JSON.stringify(event.data);
    return service.request('hear_outcome', { event, body, seal: sealOf([ANSWER_KEY], event, body) }).then(
      () => 'heard',
      () => 'refused',
    );
  };
  /** Missions that have gone on, and the transactions that have written them. */
  const gone = async (asked: readonly Asked[]) => {
    const { rows } = await service.db.pool.query<{ id: string; xmin: string }>(
      'select id, xmin::text from mission where id = any($1::uuid[]) and version = 3',
      [asked.map(({ mission }) => mission)],
    );
    return { missions: rows.map(({ id }) => id).toSorted(), transactions: new Set(rows.map(({ xmin }) => xmin)).size };
  };

  it('are written by fewer transactions than there are answers', async () => {
    const asked = await Promise.all(Array.from({ length: ANSWERS }, ask));
    const heard = await Promise.all(asked.map((of) => answer(of, 'Tuesday')));
    expect(heard).to.deep.equal(heard.map(() => 'heard'));
    const { missions, transactions } = await gone(asked);
    expect(missions).to.have.length(ANSWERS);
    expect(transactions).to.be.lessThan(ANSWERS / 2);
  });

  it('are heard although PostgreSQL refuses one of them', async () => {
    const asked = await Promise.all(Array.from({ length: ANSWERS }, ask));
    const bad = asked[5] as Asked;
    const heard = await Promise.all(asked.map((of) => answer(of, of === bad ? NUL : 'Tuesday')));
    expect(heard.filter((it) => it === 'refused')).to.have.length(1);
    const others = asked.filter((of) => of !== bad).map(({ mission }) => mission);
    expect((await gone(asked)).missions).to.deep.equal(others.toSorted());
  });
});
