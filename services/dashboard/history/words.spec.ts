import { expect } from 'chai';
import { answerOf, wayOf } from './words.ts';

describe('a decision in words', () => {
  for (const [answer, words] of [
    [{ selected_option: 'yes', label: 'Yes, book it', freeform_text: null }, 'Yes, book it'],
    [{ selected_option: 'yes', label: 'Yes', freeform_text: 'by train' }, 'Yes: by train'],
    [{ selected_option: null, label: null, freeform_text: 'Tuesday' }, 'Tuesday'],
    [{ selected_option: 'old', label: null, freeform_text: '' }, 'old'],
    [{ selected_option: null, label: null, freeform_text: null }, '(no text)'],
  ] as const)
    it(`says ${words}`, () => expect(answerOf(answer)).to.equal(words));

  it('never calls a default that was taken an answer of the user', () => {
    expect(wayOf('timeout')).to.equal('Nobody answered: the default was taken');
    expect(wayOf('api')).to.equal('You answered');
  });

  it('says when a rule has answered, and not its user', () => {
    expect(wayOf('rule:0197a1f0-0000-7000-8000-000000000001')).to.equal('Your rule answered');
  });
});
