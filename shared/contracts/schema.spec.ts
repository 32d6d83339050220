import { expect } from 'chai';
import { Type } from 'typebox';
import { MessageId } from './email/address.ts';
import { NewEmail } from './email/email.ts';
import { type FieldError, Problem } from './errors.ts';
import { closed, Nullable, Time, Uuid } from './fields.ts';
import { operations } from './rest/operations.ts';
import { parser } from './schema.ts';

const faultsOf = (schema: Parameters<typeof parser>[0], input: unknown): FieldError[] => {
  try {
    parser(schema)(input);
  } catch (error) {
    if (error instanceof Problem) return error.members.errors ?? [];
    throw error;
  }
  return [];
};

describe('the errors of an invalid body', () => {
  const mail = { to: ['sarah@example.com'], subject: 'x', body: 'y' };

  it('show an example of a valid text instead of the pattern', () => {
    expect(faultsOf(NewEmail, { ...mail, to: ['sarah'] })).to.deep.equal([
      { path: '/to/0', message: 'must look like sarah@example.com, or Sarah Miller <sarah@example.com>' },
    ]);
    expect(faultsOf(NewEmail, { ...mail, subject: 'a\nb' })).to.deep.equal([
      { path: '/subject', message: 'must look like text of one line' },
    ]);
    expect(faultsOf(Type.String({ pattern: '^a+$' }), 'b')).to.deep.equal([
      { path: '', message: 'must match pattern "^a+$"' },
    ]);
  });

  it('contain one error for an invalid nullable value', () => {
    expect(faultsOf(NewEmail, { ...mail, reply_to_message_id: 'x' })).to.deep.equal([
      { path: '/reply_to_message_id', message: 'must look like <unique@example.com>' },
    ]);
    expect(faultsOf(NewEmail, { ...mail, mission_id: 7, body_html: 8 })).to.deep.equal([
      { path: '/body_html', message: 'must be string or null' },
      { path: '/mission_id', message: 'must be string or null' },
    ]);
    expect(faultsOf(NewEmail, { ...mail, mission_id: 'x' })).to.deep.equal([
      { path: '/mission_id', message: 'must look like 01a22422-e2fd-716d-87d1-16183a017aa0' },
    ]);
    const inner = Type.Object({ of: Nullable(Type.Object({ id: Uuid, ref: Nullable(MessageId) }, closed)) }, closed);
    expect(faultsOf(inner, { of: { id: 'x', ref: 'y', more: 1 } }).map(({ path }) => path)).to.have.members([
      '/of/id',
      '/of/ref',
      '/of/more',
    ]);
    expect(faultsOf(Type.Array(Nullable(Type.Integer())), [1, null, 'a', 'b'])).to.deep.equal([
      { path: '/2', message: 'must be integer or null' },
      { path: '/3', message: 'must be integer or null' },
    ]);
    expect(parser(Nullable(Uuid))(null)).to.equal(null);
  });

  it('report that no branch of a union matches, if the union is not a nullable value', () => {
    expect(faultsOf(Type.Union([Type.Integer(), Type.Boolean()]), 'x').at(-1)?.message).to.equal(
      'must match a schema in anyOf',
    );
  });
});

describe('a time', () => {
  const query = parser(Type.Object({ at: Time }), 'query');

  it('may have any offset of RFC 3339, in a body and in a query', () => {
    for (const at of ['2027-01-31T09:00:00Z', '2027-01-31t09:00:00.123456789z', '2027-01-31T10:00:00+01:00'])
      expect([parser(Time)(at), query({ at })]).to.deep.equal([at, { at }]);
    for (const at of ['2027-01-31T09:00:00-00:00', '2027-01-31T23:59:59+23:59', '2028-02-29T00:00:00-12:00'])
      expect(parser(Time)(at)).to.equal(at);
  });

  it('is one that exists: no 24:00, no 30 February, no leap second, no offset of a day', () => {
    for (const at of [
      '2027-01-31T24:00:00Z',
      '2027-01-31T24:00:00.000+01:00',
      '2027-02-30T09:00:00Z',
      '2027-01-31T23:59:60Z',
      '2027-01-31T09:60:00Z',
      '2027-01-31T09:00:00+24:00',
      '2027-01-31T09:00:00+01:60',
      '2027-01-31T09:00:00',
      '2027-01-31',
    ])
      expect(faultsOf(Time, at), at).to.deep.equal([
        {
          path: '',
          message:
            'must be a time that exists, with its offset from UTC, like 2027-01-31T09:00:00Z or 2027-01-31T10:00:00+01:00',
        },
      ]);
  });

  it('whose + was not encoded in a query is refused with the right way to write it', () => {
    expect(() => query({ at: '2027-01-31T10:00:00 01:00' }))
      .to.throw(Problem)
      .with.nested.property('members.errors[0].message')
      .that.equals('has a space before its offset: in a query, write + as %2B, like 2027-01-31T10:00:00%2B01:00');
  });
});

describe('the form of every field that callers send', () => {
  it('is shown by an example when a text does not have it', () => {
    const missing: string[] = [];
    const look = (schema: unknown, at: string): void => {
      if (schema === null || typeof schema !== 'object') return;
      const { pattern, format, description } = schema as Record<string, unknown>;
      if (typeof pattern === 'string' && description === undefined) missing.push(at);
      if (typeof format === 'string')
        for (const { message } of faultsOf(Type.String({ format }), '~')) if (/format/.test(message)) missing.push(at);
      for (const [name, inner] of Object.entries(schema)) look(inner, `${at}/${name}`);
    };
    for (const [name, { body, query }] of Object.entries(operations)) look({ body, query }, name);
    expect(missing).to.deep.equal([]);
    expect(faultsOf(Type.Literal('spring'), 'autumn')).to.deep.equal([{ path: '', message: 'must be "spring"' }]);
  });
});
