import { expect } from 'chai';
import { exactnessFaults } from './exact-json.ts';

const paths = (text: string): string[] => {
  JSON.parse(text);
  return exactnessFaults(text).map(({ path }) => path);
};

describe('JSON that would be changed silently', () => {
  it('is a member whose name occurs twice in one object, however the name is written', () => {
    expect(paths('{"a":1,"a":1}')).to.deep.equal(['/a']);
    expect(paths('{"a":1,"\\u0061":2}')).to.deep.equal(['/a']);
    expect(paths('{"list":[{"x":1},{"x":1,"y":{"z":[],"z":{}}}]}')).to.deep.equal(['/list/1/y/z']);
    expect(paths('{"a/b~":1,"a/b~":2}')).to.deep.equal(['/a~1b~0']);
    expect(paths('{"__proto__":1,"__proto__":2}')).to.deep.equal(['/__proto__']);
    expect(paths('{"":"","":""}')).to.deep.equal(['/']);
  });

  it('is an integer beyond 2^53−1, and the message says how to send it', () => {
    expect(paths('{"a":9007199254740992}')).to.deep.equal(['/a']);
    expect(paths('{"a":[1,-9007199254740993]}')).to.deep.equal(['/a/1']);
    expect(paths('{"a":9007199254740993.0,"b":123456789012345678901234567890}')).to.deep.equal(['/a', '/b']);
    expect(exactnessFaults('{"id":12345678901234567890}')[0]?.message).to.contain(
      'send it as a string, "12345678901234567890"',
    );
  });

  it('is nothing else', () => {
    for (const text of [
      '{"a":9007199254740991,"b":-9007199254740991,"c":0.1,"d":1e300,"e":-0,"f":1.5E-3}',
      '{"a":{"a":{"a":"a"}},"b":["b","b",{"b":"b"}]}',
      '{"a":"9007199254740993","b":"\\"a\\":1,\\"a\\":2","c":"\\\\","d":"\\\\\\"","e":"{[,:"}',
      ' { "a" : [ true , false , null , { } , [ ] ] ,\n"b" : "a" } ',
      '{"A":1,"a":2}',
    ])
      expect(paths(text), text).to.deep.equal([]);
  });

  it('is found in one pass, also in hostile text', () => {
    // Of the processor, whatever else the machine does.
    const before = process.cpuUsage();
    exactnessFaults(`{"a":"${'\\\\'.repeat(120_000)}"}`);
    exactnessFaults(`{"a":"${'\\"'.repeat(120_000)}"}`);
    exactnessFaults(`{"a":${'['.repeat(120_000)}${']'.repeat(120_000)}}`);
    exactnessFaults(`{"a":${'9'.repeat(240_000)}}`);
    expect(process.cpuUsage(before).user / 1_000).to.be.below(2_000);
    expect(exactnessFaults(`{${'"a":1,'.repeat(1_000)}"b":1}`)).to.have.length(5);
  });
});
