import { expect } from 'chai';
import { type Notice, tagOf } from './notice.ts';

describe('the tag of a notice', () => {
  const reader = { customer_id: 'acme', user_id: 'ada', name: null, language: 'en', time_zone: 'UTC' };
  const links = { inbox: '/', settings: '/settings', unsubscribe: '/u/1' };
  const question = {
    request_id: 'q1',
    mission_id: 'm1',
    mission_title: 'Trip',
    prompt: 'Book it?',
    options: [],
    allow_freeform: true,
    default_option: null,
    urgency: 'normal',
    asked_at: '2026-06-01T12:00:00.000Z',
    expires_at: '2026-06-02T12:00:00.000Z',
    href: '/q/q1',
  } as const;

  it('is the same for all that is said of one question, so that the latest takes the place of the others', () => {
    const of = (rest: Partial<Notice>) => tagOf({ id: 'n', reader, links, ...rest } as Notice);
    const tags = [of({ kind: 'question', question }), of({ kind: 'deadline', question })];
    expect(new Set([...tags, of({ kind: 'outcome', question, took: null })])).to.have.lengthOf(1);
    const several = (id: string) => of({ id, kind: 'several', lines: [], total: 3 });
    expect(several('n1'), 'a summary that is taken back leaves the next one').to.not.equal(several('n2'));
    expect(of({ kind: 'digest', day: '2026-06-01', open: [], ended: [] })).to.not.equal(tags[0]);
  });
});
