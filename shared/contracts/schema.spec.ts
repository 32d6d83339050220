import { expect } from 'chai';
import { Type } from 'typebox';
import { MessageId } from './email/address.ts';
import { NewEmail } from './email/email.ts';
import { type FieldError, Problem } from './errors.ts';
import { closed, Nullable, Uuid } from './fields.ts';
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
      { path: '/mission_id', message: 'must match format "uuid"' },
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
