import { Validator } from '@seriousme/openapi-schema-validator';
import { expect } from 'chai';
import { operationsForOperators } from '@missions/contracts/rest/operations.ts';
import { served } from './described.ts';
import { operations } from './call.ts';

describe('/openapi.json', () => {
  it('is a valid OpenAPI 3.1 document', async () => {
    const validator = new Validator();
    const { valid, errors } = await validator.validate(await served());
    expect(errors).to.equal(undefined);
    expect(valid).to.equal(true);
    expect(validator.version).to.equal('3.1');
  });

  it('describes every operation under its own name, with its possible refusals', async () => {
    const { paths } = (await served()) as {
      paths: Record<string, Record<string, { operationId: string; responses: Record<string, unknown> }>>;
    };
    const described = Object.values(paths).flatMap((methods) => Object.values(methods));
    expect(described.map((one) => one.operationId)).to.have.members(
      [...operations, ...operationsForOperators].map((one) => one.id),
    );
    expect(new Set(described.map((one) => one.operationId)).size).to.equal(described.length);
    for (const { responses } of described) expect(responses).to.include.keys('400', '401', '503');
  });

  it('contains the target of every reference', async () => {
    const document = await served();
    const references = [...JSON.stringify(document).matchAll(/"\$ref":"#\/([^"]+)"/g)].map(
      (match) => match[1] as string,
    );
    expect(references).not.to.be.empty;
    const held = (reference: string) =>
      reference.split('/').reduce<unknown>((at, part) => (at as Record<string, unknown> | undefined)?.[part], document);
    expect(references.filter((reference) => held(reference) === undefined)).to.deep.equal([]);
  });
});
