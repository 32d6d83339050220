import { expect } from 'chai';
import { authenticationOf } from './authentication.ts';

const results = (value: string) => ({ key: 'authentication-results', value });
const received = { key: 'received', value: 'from a by b' };
const read = (...headers: { key: string; value: string }[]) =>
  authenticationOf({ headers, texts: [], attachments: [] }, 'MX.hub.example');

describe('Authentication-Results', () => {
  const forms: Record<string, [string, string, string, string]> = {
    'in the common form': [
      'mx.hub.example; dkim=pass header.i=@x.example; spf=pass smtp.mailfrom=x.example; dmarc=pass (p=NONE) header.from=x.example',
      'pass',
      'pass',
      'pass',
    ],
    'with a version, comments and folding': [
      'mx.hub.example 1 (a; dmarc=fail (nested) \\) x);\r\n\tspf / 1 = fail (because; dmarc=pass) ;\r\n dmarc=FAIL',
      'fail',
      '',
      'fail',
    ],
    'with a semicolon and a method in a quoted reason': [
      'mx.hub.example; spf=neutral reason="x; dmarc=pass"; dkim=temperror',
      'neutral',
      'temperror',
      '',
    ],
    'with several signatures': [
      'mx.hub.example; dkim=fail header.d=a; dkim=pass header.d=b; dkim=none',
      '',
      'pass',
      '',
    ],
    'with no result': ['mx.hub.example; none', '', '', ''],
  };
  for (const [form, [value, spf, dkim, dmarc]] of Object.entries(forms)) {
    it(`are read ${form}`, () => {
      const expected = { spf: spf || null, dkim: dkim || null, dmarc: dmarc || null };
      expect(read(results(value))).to.deep.equal(expected);
    });
  }

  it('are believed of the trusted server only, and of nobody if none is trusted', () => {
    for (const server of ['mx.evil.example', 'mx.hub.example.evil.example', 'x mx.hub.example', '(mx.hub.example)'])
      expect(read(results(`${server}; dmarc=pass`)), server).to.equal(null);
    const headers = [results('; dmarc=pass')];
    expect(authenticationOf({ headers, texts: [], attachments: [] }, '')).to.equal(null);
    expect(read()).to.equal(null);
  });

  it('below the topmost ones of the server are forged, and their passes are not believed', () => {
    const below = results('mx.hub.example; spf=pass; dkim=pass; dmarc=pass');
    for (const between of [[], [received]])
      expect(read(results('mx.hub.example; spf=fail'), ...between, below)).to.deep.equal({
        spf: 'fail',
        dkim: null,
        dmarc: null,
      });
  });

  it('of a second filter of the server count where they are a failure of DMARC, above the next Received', () => {
    const [dkim, dmarc] = [results('mx.hub.example; dkim=pass'), results('mx.hub.example; dmarc=fail')];
    expect(read(received, dkim, dmarc, received)?.dmarc).to.equal('fail');
    expect(read(received, dkim, received, dmarc)?.dmarc).to.equal(null);
  });

  it('are read in linear time, whatever a stranger writes', () => {
    const value = `mx.hub.example${' '.repeat(4_000)}x${'('.repeat(4_000)}`;
    expect(read(...Array.from({ length: 10_000 }, () => results(value)))).to.equal(null);
  });
});
