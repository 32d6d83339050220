import { expect } from 'chai';
import { eventHeaders } from '@missions/contracts/event-headers.ts';
import { eventReader, type EventSubject, events } from '@missions/contracts/events.ts';
import { parser } from '@missions/contracts/schema.ts';
import { parseEvent } from '@missions/messaging/cloudevents.ts';
import { headersOf } from '@missions/messaging/headers.ts';
import { goldenSamples } from './sample.ts';
import { isPublished } from './all-scenarios.ts';

describe('the golden samples', () => {
  const samples = goldenSamples();

  it('cover every type of event that is published', () => {
    const published = (Object.keys(events) as EventSubject[]).filter(isPublished);
    expect(samples.map(([type]) => type)).to.include.members(
      published,
      'add it to scenario.ts, then: node test/contract/events/record.ts',
    );
  });

  for (const [type, { headers, data }] of samples) {
    it(`${type}: the sample is still read, and still matches its schema`, () => {
      const event = parseEvent(type, headersOf(headers), JSON.stringify(data));
      expect(event).to.deep.include({
        id: headers['ce-id'],
        type,
        data,
        mission_id: data['mission_id'],
        customer_id: data['customer_id'],
        user_id: data['user_id'],
      });
      expect(eventReader(type)(event.data)).to.equal(event.data);
      parser(events[type])(data);
      parser(eventHeaders(type))(headers);
    });
  }
});
