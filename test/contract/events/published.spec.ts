import { Ajv2020, type ValidateFunction } from 'ajv/dist/2020.js';
import formats from 'ajv-formats';
import { eventHeaders } from '@missions/contracts/event-headers.ts';
import { type EventSubject, events } from '@missions/contracts/events.ts';
import { product } from '@missions/test-support/shared-product.ts';
import { sampleOf } from './sample.ts';
import { everyEvent, isPublished } from './all-scenarios.ts';

describe('the published events', () => {
  it('match the contracts: every type of event, with its headers, and no undescribed member', async () => {
    const messages = await everyEvent(await product(), (Object.keys(events) as EventSubject[]).filter(isPublished));
    const validate = validator();
    for (const message of messages) {
      const { headers, data } = sampleOf(message);
      validate(message.subject, 'headers', headers);
      validate(message.subject, 'data', data);
    }
  });
});

/**
 * Throws unless a part is as its schema says, every object of which is closed: an undescribed member is a
 * mistake of the writer.
 */
function validator(): (subject: string, part: 'headers' | 'data', value: object) => void {
  const ajv = new Ajv2020({ strict: false, allErrors: true });
  formats.default(ajv);
  const compiled = new Map<string, ValidateFunction>();
  return (subject, part, value) => {
    if (!(subject in events)) throw new Error(`${subject} has no schema in shared/contracts/events.ts`);
    const schema = part === 'headers' ? eventHeaders(subject) : events[subject as EventSubject];
    const check = compiled.get(`${subject} ${part}`) ?? ajv.compile(closed(schema) as object);
    compiled.set(`${subject} ${part}`, check);
    if (!check(value))
      throw new Error(`the ${part} of ${subject} are ${JSON.stringify(value)}, and ${ajv.errorsText(check.errors)}`);
  };
}

function closed(node: unknown): unknown {
  if (Array.isArray(node)) return node.map(closed);
  if (node === null || typeof node !== 'object') return node;
  const { $id: _name, ...rest } = node as Record<string, unknown>;
  const copy = Object.fromEntries(Object.entries(rest).map(([key, value]) => [key, closed(value)]));
  return copy['type'] === 'object' && copy['properties'] ? { ...copy, additionalProperties: false } : copy;
}
