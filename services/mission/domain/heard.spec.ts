import { expect } from 'chai';
import type { Response } from '@missions/contracts/approval/input-request.ts';
import { MAX_MISSION_BYTES } from './size.ts';
import { given } from './testing/fixtures.ts';
import { aMission, user } from './testing/sample.ts';

const words = (text: string): Response => ({
  selected_option: null,
  freeform_text: text,
  responded_by: 'ada',
  via: 'api',
});
const answer = (request_id: string, text: string) =>
  ({ type: 'ReceiveResponse', request_id, response: words(text) }) as const;
const asked = (description = '', result = {}) =>
  aMission({
    description,
    tasks: { slot: { status: 'waiting_human', waits: ['human_input:r1', 'human_input:r2'], result } },
  });
const long = 'é'.repeat(500_000);
const textOf = (response: unknown): string => (response as Response).freeform_text ?? '';

describe('a long response', () => {
  it('is kept once in the task, once in the history and not in the wait', () => {
    const { task, next, changes } = given(asked()).when(answer('r1', long), user).thenMoved();
    const { response, responses } = task('slot').result as { response: Response; responses: Record<string, Response> };
    expect(textOf(response)).to.equal(long);
    expect(responses['r1']).to.deep.include({
      omitted: { freeform_text: { characters: 499_500, in: 'result.response' } },
    });
    expect(changes[0]?.content).to.equal(long);
    expect(JSON.stringify(changes[0]?.metadata).length).to.be.below(1_000);
    expect(JSON.stringify(next.blockers).length).to.be.below(2_000);
  });

  it('stays whole when a later response takes its place as the latest', () => {
    const first = given(asked()).when(answer('r1', long), user).thenMoved();
    const second = given(first.next).when(answer('r2', 'short'), user).thenMoved();
    const { response, responses } = second.task('slot').result as {
      response: Response;
      responses: Record<string, Response>;
    };
    expect(textOf(responses['r1'])).to.equal(long);
    expect([response, responses['r2']]).to.deep.equal([words('short'), words('short')]);
  });

  it('that does not fit begins in the task, which says how much stands in the history', () => {
    const full = asked('x'.repeat(MAX_MISSION_BYTES - 10_000));
    const { task, changes } = given(full).when(answer('r1', long), user).thenMoved();
    const { response } = task('slot').result as { response: Response & { omitted: object } };
    expect(textOf(response)).to.equal(`${'é'.repeat(500)}…`);
    expect(response.omitted).to.deep.equal({ freeform_text: { characters: 499_500, in: 'history' } });
    expect(changes[0]?.content).to.equal(long);
  });

  it('with a large action that does not fit leaves the action to its question, and keeps its receipt', () => {
    const effective_action = { type: 'publish', text: 'x'.repeat(200_000) };
    const response = {
      ...words(''),
      freeform_text: null,
      selected_option: 'approve',
      effective_action,
      receipt: 'a.b.c',
    };
    const heard = (description: string) =>
      given(asked(description)).when({ type: 'ReceiveResponse', request_id: 'r1', response }, user).thenMoved();
    expect(heard('').task('slot').result).to.deep.include({ response, responses: { r1: response } });
    const { effective_action: _, ...kept } = response;
    const omitted = { effective_action: { bytes: 200_028, in: 'question' } };
    expect(heard('x'.repeat(MAX_MISSION_BYTES - 10_000)).task('slot').result).to.deep.include({
      response: { ...kept, omitted },
    });
  });
});
