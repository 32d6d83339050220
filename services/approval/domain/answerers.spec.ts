import { expect } from 'chai';
import type { Response } from '@missions/contracts/approval/input-request.ts';
import type { Approval } from '@missions/contracts/approval/several-people.ts';
import { askedRequest } from '../testing/fixtures.ts';
import { type Delegated, peopleOf, placeOf } from './answerers.ts';
import { decide } from './decide.ts';
import { counted } from './quorum.ts';
import type { Pending } from './state.ts';

const at = '2026-06-01T12:00:00.000Z';
const [yesterday, tomorrow] = ['2026-05-31T12:00:00.000Z', '2026-06-02T12:00:00.000Z'];

function pending(over: Partial<Pending> = {}): Pending {
  const question = askedRequest(new Date(at), { options: ['yes', 'no'].map((id) => ({ id, label: id })) });
  const asked = decide(null, { type: 'Ask', question });
  if (asked.kind !== 'moved' || asked.next.status !== 'pending') throw new Error('a question is asked');
  return { ...asked.next, ...over };
}
const given = (user_id: string, on_behalf_of?: string): Approval => ({
  ...{ user_id, selected_option: 'yes', via: 'api', responded_at: at },
  ...(on_behalf_of !== undefined && { on_behalf_of }),
});
/** `dan for ada`. */
const delegation = (words: string, over: Partial<Delegated> = {}): Delegated => {
  const [to_user_id = '', user_id = ''] = words.split(' for ');
  return { id: words, user_id, to_user_id, from: yesterday, until: tomorrow, ...over };
};

describe('the place in which somebody answers', () => {
  const several = { assignees: ['bea', 'cem'], quorum: 2 };
  const escalated = { escalate_to: 'eve', escalate_at: at };
  const table: [says: string, over: Partial<Pending>, delegations: Delegated[], user: string, place: string | null][] =
    [
      ['its user', {}, [], 'ada', 'ada'],
      ['a stranger', {}, [], 'dan', null],
      ['a delegate of its user', {}, [delegation('dan for ada')], 'dan', 'ada'],
      ['a delegate before the time', {}, [delegation('dan for ada', { from: tomorrow })], 'dan', null],
      ['a delegate from its first moment', {}, [delegation('dan for ada', { from: at })], 'dan', 'ada'],
      ['a delegate when the time is over', {}, [delegation('dan for ada', { until: at })], 'dan', null],
      ['a delegate of a delegate', {}, [delegation('dan for ada'), delegation('eve for dan')], 'eve', null],
      ['a delegate of an assignee', several, [delegation('dan for bea')], 'dan', 'bea'],
      ['a delegate of a stranger', several, [delegation('dan for zoe')], 'dan', null],
      ['an assignee who is a delegate of its user as well', several, [delegation('bea for ada')], 'bea', 'bea'],
      ['its user, who is a delegate of an assignee as well', several, [delegation('ada for bea')], 'ada', 'ada'],
      ['a delegate of two', several, [delegation('dan for cem'), delegation('dan for ada')], 'dan', 'ada'],
      [
        'a delegate of two, of whom the first has approved',
        { ...several, approvals: [given('ada')] },
        [delegation('dan for ada'), delegation('dan for cem')],
        'dan',
        'cem',
      ],
      [
        'a delegate whose user has approved',
        { ...several, approvals: [given('ada')] },
        [delegation('dan for ada')],
        'dan',
        'ada',
      ],
      ['a delegate of whom it is escalated to', escalated, [delegation('dan for eve')], 'dan', 'eve'],
      [
        'such a delegate before that',
        { ...escalated, escalate_at: tomorrow },
        [delegation('dan for eve')],
        'dan',
        null,
      ],
      [
        'a delegate, of what gives an agent more power',
        { context: { proposes: {} } },
        [delegation('dan for ada')],
        'dan',
        null,
      ],
      ['a delegate, of what had ended before', { expires_at: yesterday }, [delegation('dan for ada')], 'dan', null],
    ];
  for (const [says, over, delegations, user, place] of table)
    it(`of ${says} is ${place === null ? 'none' : place === user ? 'their own' : `that of ${place}`}`, () => {
      const found = placeOf(pending(over), user, at, delegations);
      expect(found?.of ?? null).to.equal(place);
      expect(found?.delegation ?? null).to.equal(place === null || place === user ? null : `${user} for ${place}`);
    });

  it('is told of to everybody who has one, once', () => {
    const delegations = [delegation('dan for ada'), delegation('bea for ada'), delegation('eve for dan')];
    expect(peopleOf(pending(several), at, delegations)).to.deep.equal(['ada', 'bea', 'cem', 'dan']);
  });
});

describe('approvals of several, some of them on behalf of others', () => {
  const table: [before: Approval[], user: string, of: string | undefined, refused: string | null][] = [
    [[], 'dan', 'ada', null],
    [[given('bea')], 'dan', 'ada', null],
    [[given('ada')], 'dan', 'ada', 'ada, for whom you answer, has approved this'],
    [[given('dan', 'ada')], 'ada', undefined, 'dan has approved this on behalf of you'],
    [[given('dan', 'ada')], 'eve', 'ada', 'dan has approved this on behalf of ada'],
    [[given('dan', 'ada')], 'dan', 'bea', 'You have approved this'],
    [[given('dan', 'ada')], 'dan', undefined, 'You have approved this'],
    [[given('dan', 'ada')], 'bea', undefined, null],
    [[given('dan', 'ada')], 'eve', 'bea', null],
  ];
  for (const [before, user, of, refused] of table) {
    const who = (id: string, for_?: string) => (for_ === undefined ? id : `${id} for ${for_}`);
    const stands = before.map((one) => who(one.user_id, one.on_behalf_of)).join(', ') || 'nobody';
    it(`of ${who(user, of)} after ${stands} ${refused === null ? 'counts' : 'does not count'}`, () => {
      const response: Response = {
        ...{ selected_option: 'yes', freeform_text: null, responded_by: user, via: 'api' },
        ...(of !== undefined && { on_behalf_of: of }),
      };
      const outcome = counted(pending({ quorum: 3, assignees: ['bea', 'cem'], approvals: before }), response, user, at);
      if (refused === null) expect('code' in outcome ? outcome : outcome.approvals.length).to.equal(before.length + 1);
      else
        expect('code' in outcome && outcome.detail)
          .to.be.a('string')
          .and.match(new RegExp(`^${refused}`));
    });
  }
});
