import { expect } from 'chai';
import { completeContext, completeContextText, refuse } from './resume-context.ts';

const fetchers = { input_requests: async () => [{ id: 'q' }], emails: async () => [{ id: 'e' }] };
const failing = { ...fetchers, emails: () => Promise.reject(new Error('away')) };

describe('completing a resume context', () => {
  it('a part that is null is fetched, and a part that is a list is kept', async () => {
    const { context, missing } = await completeContext(
      { brief: 'x', input_requests: [], emails: null },
      fetchers,
      refuse,
    );
    expect(context).to.deep.equal({ brief: 'x', input_requests: [], emails: [{ id: 'e' }] });
    expect(missing).to.equal(undefined);
  });

  it('a part without a function to fetch it stays null', async () => {
    const { context } = await completeContext({ input_requests: null }, { emails: fetchers.emails }, refuse);
    expect(context).to.deep.equal({ input_requests: null });
  });

  it('a part that could not be fetched is an empty list and named as missing, if that is wanted', async () => {
    const reported: string[] = [];
    const completed = await completeContext({ input_requests: null, emails: null }, failing, (part) => {
      reported.push(part);
    });
    expect(completed).to.deep.equal({ context: { input_requests: [{ id: 'q' }], emails: [] }, missing: ['emails'] });
    expect(reported).to.deep.equal(['emails']);
  });

  it('the error of the owning service is thrown, if the context is of no use without the part', async () => {
    const error = await completeContext({ emails: null }, failing, refuse).catch((cause: unknown) => cause);
    expect((error as Error).message).to.equal('away');
  });

  for (const [gap, json] of [
    ['PostgreSQL', '{"a" : 1, "input_requests" : null}'],
    ['JSON.stringify', '{"a":1,"input_requests":null}'],
    ['a pretty printer', '{\n  "a": 1,\n  "input_requests":\n    null\n}'],
  ] as const)
    it(`a gap is found as ${gap} writes it`, async () => {
      expect(JSON.parse(await completeContextText(json, fetchers))).to.deep.equal({
        a: 1,
        input_requests: [{ id: 'q' }],
      });
    });

  it('text without a gap is passed on as it came', async () => {
    for (const json of ['{ "emails": [],\n"a" : null}', '{"a":"\\"emails\\": null","emails" : []}', 'no JSON at all'])
      expect(await completeContextText(json, fetchers)).to.equal(json);
  });

  it('a member of that name deeper in the text is no gap', async () => {
    const json = '{"metadata":{"emails":null},"emails":[]}';
    expect(JSON.parse(await completeContextText(json, fetchers))).to.deep.equal(JSON.parse(json));
  });
});
