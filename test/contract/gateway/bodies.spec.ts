import { expect } from 'chai';
import { Api, type ApiResponse, type CallOptions } from '@missions/test-support/api.ts';
import { product } from '@missions/test-support/shared-product.ts';
import { type Call, call, withBody } from './call.ts';
import { description } from './described.ts';
import { example } from './examples.ts';

const nested = (levels: number): string => `${'{"a":'.repeat(levels)}1${'}'.repeat(levels)}`;

describe('request bodies at the gateway', () => {
  let api: Api;
  let check: Awaited<ReturnType<typeof description>>;

  before(async () => {
    api = new Api(await product());
    check = await description();
  });

  const refused = (answer: ApiResponse, status: number, code: string): void => {
    expect(answer.status, answer.text).to.equal(status);
    expect(answer.body).to.include({ status, code });
    expect(answer.headers.get('content-type')).to.match(/^application\/problem\+json/);
  };
  const invalid = (answer: ApiResponse, path: string): void => {
    refused(answer, 400, 'VALIDATION_FAILED');
    expect(
      answer.body.errors.map((error: { path: string }) => error.path),
      answer.text,
    ).to.include(path);
  };

  for (const operation of withBody)
    describe(operation.id, () => {
      let asked: Call;
      before(async () => {
        asked = await example(api, operation);
      });
      const send = (body: CallOptions['body'] & {}, headers = {}): Promise<ApiResponse> =>
        call(api, operation, { ...asked, body, headers });
      const good = (): object => asked.body as object;

      it('a body that is no JSON object is refused', async () => {
        for (const body of [
          '{"title":',
          '{"a":1,}',
          "{'a':1}",
          '[]',
          '"text"',
          'null',
          '7',
          'NaN',
          '{}{}',
          '\u{feff}x',
        ]) {
          const answer = await send(body);
          invalid(answer, '');
          check(answer, operation);
        }
      });

      it('an unknown field is refused by its name', async () => {
        invalid(await send({ ...good(), titel: 'x' }), '/titel');
        invalid(await send({ ...good(), 'a/b~c': 'x' }), '/a~1b~0c');
      });

      it('bytes that are no UTF-8 are refused', async () => {
        invalid(await send(Buffer.from([0x7b, 0x22, 0x61, 0x22, 0x3a, 0x22, 0xff, 0x22, 0x7d])), '');
        invalid(await send(Buffer.from('{"a":"é"}', 'latin1')), '');
        // An encoded surrogate (CESU-8), and an overlong slash.
        invalid(await send(Buffer.from([0x7b, 0x22, 0x61, 0x22, 0x3a, 0x22, 0xed, 0xa0, 0x80, 0x22, 0x7d])), '');
        invalid(await send(Buffer.from([0x7b, 0x22, 0x61, 0x22, 0x3a, 0x22, 0xc0, 0xaf, 0x22, 0x7d])), '');
      });

      it('NUL, lone surrogates and more than 32 levels are refused anywhere in the body', async () => {
        const name = Object.keys(good())[0] ?? 'unknown';
        invalid(await send({ ...good(), [name]: 'a\u0000b' }), `/${name}`);
        invalid(
          await send(JSON.stringify({ ...good(), [name]: 'HERE' }).replace('HERE', String.raw`\ud800`)),
          `/${name}`,
        );
        invalid(
          await send(JSON.stringify({ ...good(), [name]: 'HERE' }).replace('HERE', String.raw`\udc00\ud83d`)),
          `/${name}`,
        );
        invalid(await send(JSON.stringify({ ...good(), HERE: 1 }).replace('HERE', String.raw`\u0000`)), '');
        refused(await send(nested(33)), 400, 'VALIDATION_FAILED');
        refused(await send(`{"a":${'['.repeat(100_000)}`), 400, 'VALIDATION_FAILED');
        refused(await send(`{"a":${'['.repeat(60_000)}${']'.repeat(60_000)}}`), 400, 'VALIDATION_FAILED');
      });

      it('a member that is given twice, and an integer that would be rounded, are refused by their path', async () => {
        const [name = 'unknown'] = Object.keys(good());
        const twice = JSON.stringify({ ...good(), HERE: 1 }).replace('"HERE":1', `"${name}":1`);
        invalid(await send(name in good() ? twice : '{"unknown":1,"unknown":1}'), `/${name}`);
        const large = await send(JSON.stringify({ ...good(), [name]: 'HERE' }).replace('"HERE"', '9007199254740993'));
        invalid(large, `/${name}`);
        expect(large.text).to.contain('send it as a string');
      });

      // Later requests on the same connection still get responses, which the following tests prove.
      it('a body over 256 KB gets 413, with or without Content-Length', async () => {
        refused(await send(Buffer.alloc(5 * 1024 * 1024, 'x')), 413, 'PAYLOAD_TOO_LARGE');
        refused(await send(Buffer.alloc(256 * 1024 + 1, ' ')), 413, 'PAYLOAD_TOO_LARGE');
        refused(
          await send(ReadableStream.from(Array.from({ length: 80 }, () => Buffer.alloc(64 * 1024, 'x')))),
          413,
          'PAYLOAD_TOO_LARGE',
        );
      });

      it('another media type or a content coding gets 415', async () => {
        for (const type of [
          'text/plain',
          'application/x-www-form-urlencoded',
          'multipart/form-data; boundary=x',
          'application/jsonx',
          'nonsense',
        ]) {
          refused(await send(JSON.stringify(good()), { 'content-type': type }), 415, 'UNSUPPORTED_MEDIA_TYPE');
        }
        refused(await send(JSON.stringify(good()), { 'content-encoding': 'gzip' }), 415, 'UNSUPPORTED_MEDIA_TYPE');
      });
    });

  it('each mistake is reported with its path and what is allowed', async () => {
    const answer = await api.post('missions', {
      user_id: 'ada',
      title: 'x'.repeat(501),
      priority: 'asap',
      due_at: '2026-02-30T00:00:00Z',
      tasks: [{ title: '' }],
    });
    const paths: string[] = answer.body.errors.map((error: { path: string }) => error.path);
    expect([...new Set(paths)]).to.have.members(['/title', '/priority', '/due_at', '/tasks/0/title']);
    expect(answer.text).to.contain('at most 500 characters').and.contain('low, normal, high, urgent');
  });

  it('a refused body creates nothing', async () => {
    const own = new Api(await product());
    await own.post('missions', { user_id: 'ada', title: 'ok', tasks: [{ title: 'a', depends_on: ['nowhere'] }] });
    await own.post('missions', { user_id: 'ada', title: 'x'.repeat(501) });
    expect((await own.get('missions?user_id=ada')).body.missions).to.deep.equal([]);
  });

  it('a body exactly at the limits is accepted: 500 characters of any kind, 32 levels, 256 KB', async () => {
    const created = await api.mission({ title: '👥'.repeat(500) });
    expect(created.title).to.equal('👥'.repeat(500));
    const deep = JSON.parse(nested(31)) as object;
    expect((await api.mission({ metadata: deep })).metadata).to.deep.equal(deep);
    const fill = 256 * 1024 - JSON.stringify({ user_id: 'ada', title: 'full', metadata: { text: '' } }).length;
    const full = await api.post('missions', { user_id: 'ada', title: 'full', metadata: { text: 'x'.repeat(fill) } });
    expect(full.status, full.text.slice(0, 300)).to.equal(201);
  });

  it('text is stored exactly as it was sent', async () => {
    const text = 'e\u0301 é \u200d\u202e \u{10ffff} \ufffd \u0001\u007f\u0085\u2028 \\u0000 \r\n\t ';
    const metadata = JSON.parse(
      `{"__proto__":{"x":1},"constructor":"c","":"empty","${'k'.repeat(300)}":"long"}`,
    ) as object;
    const { id } = await api.mission({ title: text, description: text, metadata });
    const read = await api.get(`missions/${id}`);
    expect(read.body.title).to.equal(text);
    expect(read.body.description).to.equal(text);
    expect(Object.entries(read.body.metadata)).to.have.deep.members(Object.entries(metadata));
  });
});
