import { expect } from 'chai';
import { missionErased } from '@missions/contracts/mission/changes.ts';
import { newId } from '@missions/runtime/id.ts';
import {
  refusal,
  type ServiceUnderTest,
  startServiceUnderTest,
} from '@missions/service-kit/testing/service-under-test.ts';
import type { Context } from '../commands/execute-command.ts';
import { approval } from '../service.ts';
import { inputRequestedEvent, askedRequest } from '../testing/fixtures.ts';

describe('the erasure of a mission', () => {
  let service: ServiceUnderTest<Context>;
  before(async () => {
    service = await startServiceUnderTest(approval);
  });
  after(() => service.stop());

  const erased = (mission_id: string) => {
    const about = { customer_id: 'acme', user_id: 'ada', mission_id, version: 9, index: 0 };
    return {
      id: newId(),
      type: missionErased,
      source: '/services/mission',
      time: new Date().toISOString(),
      ...about,
      data: { ...about },
    };
  };
  const stored = async (mission_id: string): Promise<number> =>
    (await service.db.pool.query('select count(*)::int as n from input_request where mission_id = $1', [mission_id]))
      .rows[0].n;

  it('deletes its input requests, and no repeated or late event brings one back', async () => {
    const mine = askedRequest(new Date());
    const other = askedRequest(new Date());
    await service.handle(
      inputRequestedEvent(mine),
      inputRequestedEvent(askedRequest(new Date(), { mission_id: mine.mission_id })),
      inputRequestedEvent(other),
    );
    expect(await stored(mine.mission_id)).to.equal(2);
    await service.handle(erased(mine.mission_id));
    await service.handle(
      inputRequestedEvent(mine),
      inputRequestedEvent(askedRequest(new Date(), { mission_id: mine.mission_id })),
      erased(mine.mission_id),
    );
    expect(await stored(mine.mission_id)).to.equal(0);
    expect(await stored(other.mission_id)).to.equal(1);
  });

  it('makes a late call for one of its input requests fail with MISSION_NOT_FOUND', async () => {
    const late = askedRequest(new Date());
    await service.handle(erased(late.mission_id));
    expect((await refusal(service.request('ensure', late))).code).to.equal('MISSION_NOT_FOUND');
    expect(await stored(late.mission_id)).to.equal(0);
  });

  it('applies to the events that follow it in the same batch', async () => {
    const late = askedRequest(new Date());
    await service.handle(erased(late.mission_id), inputRequestedEvent(late));
    expect(await stored(late.mission_id)).to.equal(0);
  });
});
