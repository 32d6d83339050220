import { Ajv2020 } from 'ajv/dist/2020.js';
import { expect } from 'chai';
import { MissionsClient } from '@missions/client/client.ts';
import { createTools } from '../tools.ts';
import { aiSdkTools } from './ai-sdk.ts';
import { anthropicTools } from './anthropic.ts';
import { openAiResponsesTools, openAiTools } from './openai.ts';

/** Every schema within a schema, with its path. */
function* within(schema: any, path = ''): Generator<[string, any]> {
  yield [path, schema];
  for (const [name, member] of Object.entries(schema.properties ?? {})) yield* within(member, `${path}/${name}`);
  if (schema.items) yield* within(schema.items, `${path}/*`);
}

/** What strict modes know; everything else is refused by them. */
const STRICT = new Set(['type', 'description', 'properties', 'required', 'items', 'enum', 'additionalProperties']);

describe('the tools’ definitions', () => {
  const client = new MissionsClient({ baseUrl: 'http://127.0.0.1:1', credential: 'none', retry: { retries: 0 } });
  const tools = createTools({ client, userId: 'ada', conversationId: 'conv-A' });
  const { definitions } = tools;
  const schemas = {
    openAi: openAiTools(definitions).map((one) => one.function.parameters),
    openAiStrict: openAiTools(definitions, { strict: true }).map((one) => one.function.parameters),
    responsesStrict: openAiResponsesTools(definitions, { strict: true }).map((one) => one.parameters),
    anthropic: anthropicTools(definitions).map((one) => one.input_schema),
    anthropicStrict: anthropicTools(definitions, { strict: true }).map((one) => one.input_schema),
  };

  it('are plain JSON with distinct names', () => {
    expect(JSON.parse(JSON.stringify(definitions))).to.deep.equal(definitions);
    expect(new Set(definitions.map(({ name }) => name)).size).to.equal(definitions.length);
  });

  it('have names and descriptions that both vendors accept', () => {
    for (const { name, description } of definitions) {
      expect(name).to.match(/^[a-zA-Z0-9_-]{1,64}$/);
      expect(description.length).to.be.within(60, 1024);
    }
  });

  for (const [form, all] of Object.entries(schemas)) {
    it(`${form}: is the JSON Schema of an object without a union at its top`, () => {
      for (const schema of all as any[]) {
        new Ajv2020({ strict: true, strictTypes: false }).compile(schema);
        expect(schema).to.include({ type: 'object', additionalProperties: false });
        expect(schema).not.to.have.any.keys('anyOf', 'oneOf', 'allOf', '$ref', '$defs');
        for (const name of Object.keys(schema.properties)) expect(name).to.match(/^[a-zA-Z0-9_.-]{1,64}$/);
      }
    });
  }

  for (const form of ['openAiStrict', 'responsesStrict', 'anthropicStrict'] as const) {
    it(`${form}: stays within the strict subset`, () => {
      for (const schema of schemas[form]) {
        for (const [path, part] of within(schema)) {
          expect(
            [...Object.keys(part)].filter((key) => !STRICT.has(key)),
            path,
          ).to.deep.equal([]);
          expect(part.type, path).not.to.equal(undefined);
          if (part.type !== 'object') continue;
          expect(part.additionalProperties, path).to.equal(false);
          expect(part.properties, path).to.be.an('object');
          const names = Object.keys(part.properties);
          if (form === 'anthropicStrict') expect(names, path).to.include.members(part.required);
          else expect(part.required, path).to.deep.equal(names);
        }
      }
    });
  }

  it('allow null for an optional member in OpenAI’s strict mode, and read it as absent', async () => {
    const schema = openAiTools(definitions, { strict: true }).find((one) => one.function.name === 'mission_update')
      ?.function.parameters as any;
    expect(schema.properties.priority).to.deep.equal({
      type: ['string', 'null'],
      enum: ['low', 'normal', 'high', 'urgent', null],
    });
    expect(schema.properties.mission_id.type).to.equal('string');
    const everything = Object.fromEntries(
      Object.keys(schema.properties).map((name) => [name, name === 'mission_id' ? 'm' : null]),
    );
    // It gets as far as the gateway, which is not there.
    expect((await tools.call('mission_update', everything)).text).to.contain('UNREACHABLE');
  });

  it('contain strict only on request, because not every server supports it', () => {
    expect(openAiTools(definitions)[0]?.function).not.to.have.property('strict');
    expect(openAiTools(definitions, { strict: true })[0]?.function).to.include({ strict: true });
    expect(openAiResponsesTools(definitions)[0]).to.include({ strict: false, type: 'function', name: 'mission_list' });
    expect(anthropicTools(definitions)[0]).to.have.all.keys('name', 'description', 'input_schema');
  });

  it('take the conversation as an argument only if the host has bound none', () => {
    const unbound = createTools({ client, userId: 'ada' }).definitions;
    const taking = unbound
      .filter(({ parameters }) => 'conversation_id' in parameters.properties)
      .map(({ name }) => name);
    expect(taking).to.deep.equal(['mission_create', 'mission_log_event', 'mission_resume']);
    expect(definitions.some(({ parameters }) => 'conversation_id' in parameters.properties)).to.equal(false);
  });

  it('are executed by the AI SDK without throwing', async () => {
    const { mission_list } = aiSdkTools(tools, { idempotencyPrefix: 'turn-1' });
    const text = await mission_list?.execute?.({}, { toolCallId: 'call-1', messages: [], context: undefined });
    expect(text).to.contain('mission_list failed: UNREACHABLE').and.to.contain('Nothing is wrong with the call');
  });
});
