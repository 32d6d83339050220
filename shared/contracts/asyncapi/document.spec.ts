import { Ajv, type AnySchemaObject } from 'ajv';
import formats from 'ajv-formats';
import { expect } from 'chai';
import specs from '@asyncapi/specs';
import { execFileSync, spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { events } from '../events.ts';
import { publishers } from '../publishers.ts';
import committed from './asyncapi.json' with { type: 'json' };
import { asyncapi } from './document.ts';

interface Reference {
  $ref: string;
}
interface Document {
  channels: Record<string, { address: string; messages: Record<string, Reference> }>;
  operations: Record<string, { action: string; channel: Reference; messages: Reference[] }>;
}

const generator = fileURLToPath(new URL('generate.ts', import.meta.url));

describe('the AsyncAPI document', () => {
  const document = asyncapi();
  const { channels, operations } = document as unknown as Document;

  it('is committed as the code generates it', () => {
    expect(committed).to.deep.equal(JSON.parse(JSON.stringify(document)));
    execFileSync(process.execPath, [generator, '--check']);
  });

  it('fails the check of the generator if the committed file differs', () => {
    const copy = `import fs from 'node:fs'; const read = fs.readFileSync; fs.readFileSync = (...all) => read(...all) + ' ';
      const { syncBuiltinESMExports } = await import('node:module'); syncBuiltinESMExports();`;
    const { status, stderr } = spawnSync(
      process.execPath,
      ['--import', `data:text/javascript,${encodeURIComponent(copy)}`, generator, '--check'],
      { encoding: 'utf8' },
    );
    expect({ status, stderr }).to.deep.include({ status: 1 }).and.have.property('stderr').that.contains('generate.ts');
  });

  it('is valid against the schema of AsyncAPI 3.0', () => {
    // The schema of AsyncAPI contains the metaschema of JSON Schema.
    const ajv = new Ajv({ strict: false, meta: false, validateSchema: false, logger: false });
    formats.default(ajv);
    const validate = ajv.compile(specs.schemas['3.0.0'] as AnySchemaObject);
    expect(validate(JSON.parse(JSON.stringify(document))), ajv.errorsText(validate.errors)).to.equal(true);
  });

  it('contains the target of every reference', () => {
    const references = [...JSON.stringify(document).matchAll(/"\$ref":"([^"]+)"/g)].map(
      ([, pointer]) => pointer as string,
    );
    expect(references).not.to.be.empty;
    const missing = references.filter((pointer) => at(document, pointer) === undefined);
    expect(missing).to.deep.equal([]);
  });

  it('sends and receives on each channel only messages of that channel', () => {
    for (const [name, { channel, messages }] of Object.entries(operations)) {
      expect(messages, name).not.to.be.empty;
      for (const { $ref } of messages)
        expect($ref, name).to.satisfy((pointer: string) => pointer.startsWith(`${channel.$ref}/messages/`));
    }
  });

  it('has a channel for every event and a send operation for each of its publishers', () => {
    for (const subject of Object.keys(events) as (keyof typeof events)[]) {
      expect(channels[subject]?.address).to.equal(subject);
      const sent = Object.entries(operations).filter(
        ([, one]) => one.action === 'send' && one.channel.$ref === `#/channels/${subject}`,
      );
      expect(sent.map(([name]) => name.split('.')[0])).to.have.members([...publishers[subject]]);
    }
  });

  it('lets a consumer subscribe to every mission event at once', () => {
    const missions = Object.keys(events).filter((subject) => subject.startsWith('mission.'));
    expect(Object.keys(channels['mission.*']?.messages ?? {})).to.have.members(missions);
    expect(operations['receive.mission.*']?.action).to.equal('receive');
  });
});

/** The node that a JSON Pointer in a URI fragment points to; undefined if there is none. */
function at(root: unknown, reference: string): unknown {
  const parts = reference
    .slice('#/'.length)
    .split('/')
    .map((part) => decodeURIComponent(part).replaceAll('~1', '/').replaceAll('~0', '~'));
  return parts.reduce<unknown>((node, part) => (node as Record<string, unknown> | undefined)?.[part], root);
}
