import { expect } from 'chai';
import { outcomeOf, type Question } from './outcome.ts';

const options = [
  { id: 'yes', label: 'Approve' },
  { id: 'no', label: 'Refuse' },
];
const ended = (
  status: Question['status'],
  response: Partial<NonNullable<Question['response']>> | null = null,
): Question =>
  ({
    status,
    options,
    response: response && { selected_option: null, freeform_text: null, responded_by: 'ada', via: 'api', ...response },
  }) as Question;

describe('how a question ended', () => {
  const cases: [string, Question, ReturnType<typeof outcomeOf>][] = [
    ['not yet, while it is pending', ended('pending'), undefined],
    [
      'by the reader, with the words of the option',
      ended('responded', { selected_option: 'yes' }),
      { kind: 'answered', by: undefined, chosen: 'Approve', written: undefined },
    ],
    [
      'by somebody else, who is named',
      ended('responded', { responded_by: 'ben', freeform_text: 'Not now' }),
      { kind: 'answered', by: 'ben', chosen: undefined, written: 'Not now' },
    ],
    [
      'by an option that is gone, which is shown by its id',
      ended('responded', { selected_option: 'maybe' }),
      { kind: 'answered', by: undefined, chosen: 'maybe', written: undefined },
    ],
    [
      'by time, which is never shown as an answer of somebody',
      ended('responded', { selected_option: 'no', responded_by: null, via: 'timeout' }),
      { kind: 'default taken', chosen: 'Refuse' },
    ],
    [
      'by a rule, which is never shown as an answer of the moment',
      ended('responded', { selected_option: 'yes', via: 'rule:0197a1f0-0000-7000-8000-000000000001' }),
      { kind: 'by rule', chosen: 'Approve' },
    ],
    ['without an answer', ended('expired'), { kind: 'unanswered' }],
    ['because it was taken back', ended('cancelled'), { kind: 'taken back' }],
  ];
  for (const [how, question, outcome] of cases)
    it(how, () => expect(outcomeOf(question, 'ada')).to.deep.equal(outcome));
});
