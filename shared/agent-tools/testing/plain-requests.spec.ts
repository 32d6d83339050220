import { expect } from 'chai';
import { parser } from '@missions/contracts/schema.ts';
import { MissionsClient } from '@missions/client/client.ts';
import { specs } from '../definitions/catalogue.ts';
import { createTools } from '../tools.ts';
import { missedArguments, plainRequests } from './plain-requests.ts';

const client = new MissionsClient({ baseUrl: 'http://127.0.0.1', credential: 'none' });
const { definitions } = createTools({ client, conversationId: 'bound' });

describe('the table of requests in plain words', () => {
  it('has forty, and at least one for each tool', () => {
    const { requests } = plainRequests;
    expect(requests).to.have.length(40);
    expect(new Set(requests.map(({ says }) => says))).to.have.length(40);
    expect(new Set(requests.map(({ tool }) => tool))).to.deep.equal(new Set(definitions.map(({ name }) => name)));
  });

  for (const { says, tool, arguments: expected } of plainRequests.requests) {
    it(`expects a call that the definition of ${tool} allows: ${says}`, () => {
      const offered = definitions.find(({ name }) => name === tool);
      const spec = specs.find(({ name }) => name === tool);
      if (!offered || !spec) throw new Error(`there is no tool ${tool}`);
      parser(spec.parameters)(expected);
      expect(Object.keys(offered.parameters.properties)).to.include.members(Object.keys(expected));
      expect(Object.keys(expected)).to.include.members([...offered.parameters.required]);
      expect(missedArguments(expected, expected)).to.deep.equal([]);
    });
  }

  it('tells a wrong id, a wrong word and an argument that is missing from a text that is worded otherwise', () => {
    const expected = { mission_id: 'm-1', status: 'completed', error: 'no firm answers' };
    expect(missedArguments(expected, { mission_id: 'm-2', status: 'failed' })).to.deep.equal([
      'mission_id',
      'status',
      'error',
    ]);
    expect(missedArguments(expected, { ...expected, error: 'they do not answer' })).to.deep.equal([]);
  });
});
