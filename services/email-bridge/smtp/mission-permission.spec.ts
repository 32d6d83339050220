import { expect } from 'chai';
import { Problem } from '@missions/contracts/errors.ts';
import type { Bus } from '@missions/messaging/bus.ts';
import { missionPermission } from './mission-permission.ts';

const email = { customer_id: 'acme', user_id: 'ada', mission_id: '01890000-0000-7000-8000-000000000001' };
const away = new Problem('UNAVAILABLE', 'The service does not answer.');
const late = new Problem('TIMEOUT', 'The service has not answered in time.');
const unknown = new Problem('MISSION_NOT_FOUND', 'There is no such mission.');

type Said = object | Problem;

describe('a message of a mission', () => {
  const asked: string[] = [];
  beforeEach(() => void asked.splice(0));
  /** What the mission service says about pause and end, and the scheduler about kill switches. */
  const ask = (mission: Said, scheduler: Said, mission_id: string | null = email.mission_id) => {
    const request = async ({ service }: { service: string }) => {
      asked.push(service);
      const said = service === 'mission' ? mission : scheduler;
      if (said instanceof Problem) throw said;
      return { json: () => said };
    };
    return missionPermission(request as unknown as Bus['request'])({ ...email, mission_id });
  };
  const [on, off] = [{ switched_off: false }, { switched_off: true }];

  for (const [what, mission, scheduler, kind] of [
    ['leaves if the mission is active and no switch stops it', { state: 'active' }, on, 'send'],
    ['waits while the mission is paused', { state: 'paused' }, on, 'wait'],
    ['waits while a switch stops it', { state: 'active' }, off, 'wait'],
    ['waits in a state that this version does not know', { state: 'sealed' }, on, 'wait'],
    ['waits while the mission service is away', away, on, 'wait'],
    ['waits while the mission service does not answer in time', late, on, 'wait'],
    ['waits while the scheduler is away', { state: 'active' }, away, 'wait'],
    ['never leaves once the mission has ended', { state: 'ended' }, on, 'never'],
    ['never leaves once the mission was deleted', unknown, on, 'never'],
  ] as const)
    it(what, async () => expect((await ask(mission, scheduler)).kind).to.equal(kind));

  it('of no mission leaves without a question', async () => {
    expect((await ask(away, away, null)).kind).to.equal('send');
    expect(asked).to.deep.equal([]);
  });
});
