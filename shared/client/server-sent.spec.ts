import { expect } from 'chai';
import { ServerSentReader } from './server-sent.ts';

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);

describe('a reader of server-sent events', () => {
  const text =
    ': hello\n\nretry: 2000\n\nid: 1\nevent: note\ndata: {"ä":\ndata: 1}\n\nid: 2\r\ndata:two\r\n\r\ndata: three\rid\r\runfinished';
  const all = [
    { name: 'note', id: '1', data: '{"ä":\n1}' },
    { name: 'message', id: '2', data: 'two' },
    { name: 'message', id: '', data: 'three' },
  ];

  it('returns each event once, whatever the sizes of the chunks', () => {
    for (const size of [1, 2, 3, 7, 1_000]) {
      const reader = new ServerSentReader();
      const sent = bytes(text);
      const got = Array.from({ length: Math.ceil(sent.length / size) }, (_, i) =>
        reader.push(sent.subarray(i * size, (i + 1) * size)),
      ).flat();
      expect(got, `chunks of ${size}`).to.deep.equal(all);
      expect(reader.retryMs).to.equal(2000);
    }
  });

  it('holds back an incomplete event', () => {
    const reader = new ServerSentReader();
    expect(reader.push(bytes('data: 1\n'))).to.deep.equal([]);
    expect(reader.push(bytes('\n'))).to.deep.equal([{ name: 'message', id: undefined, data: '1' }]);
  });
});
