import { expect } from 'chai';
import { refusalStatusesInProblemMapOnly } from './problem-statuses.ts';
import { files, places } from './samples.ts';

const inRoute = (text: string) =>
  places(refusalStatusesInProblemMapOnly(files({ 'services/gateway/routes/a.ts': text })));

describe('rule: the status of a refusal is decided in one file', () => {
  for (const text of [
    'ctx.status = 404;',
    'ctx.response.statusCode = 503',
    'ctx.throw(401)',
    'ctx.assert(user, 1); ctx.throw(400, "x")',
    'answer({ status: 422 })',
    'response.writeHead(500)',
  ]) {
    it(`finds ${text}`, () => expect(inRoute(text)).to.deep.equal(['services/gateway/routes/a.ts:1']));
  }

  it('lets pass successes, numbers that are no status, and the map itself', () => {
    expect(inRoute('ctx.status = 201; const limit = 404; if (x === 500) limit(429);')).to.deep.equal([]);
    expect(refusalStatusesInProblemMapOnly(files({ 'shared/http/problem.ts': 'ctx.status = 404' }))).to.deep.equal([]);
  });
});
