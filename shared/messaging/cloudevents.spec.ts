import { expect } from 'chai';
import { MsgHdrsImpl } from 'nats';
import { newTraceparent } from '@missions/runtime/trace.ts';
import { eventHeaders, parseEvent, UnparseableMessage } from './cloudevents.ts';
import { sampleEvent } from './testing/sample-event.ts';

const overTheWire = (headers: ReturnType<typeof eventHeaders>) => MsgHdrsImpl.decode((headers as MsgHdrsImpl).encode());

describe('CloudEvents in headers', () => {
  it('use binary mode with lower-case extension attributes, and the event id as message id', () => {
    const event = sampleEvent({ version: 3, index: 1, traceparent: newTraceparent() });
    expect(Object.fromEntries(overTheWire(eventHeaders(event)))).to.deep.equal({
      'Nats-Msg-Id': [event.id],
      'ce-specversion': ['1.0'],
      'ce-id': [event.id],
      'ce-type': ['mission.created'],
      'ce-source': ['/services/mission'],
      'ce-time': ['2026-01-02T03:04:05.678Z'],
      'ce-datacontenttype': ['application/json'],
      'ce-customerid': ['acme'],
      'ce-userid': ['ann'],
      'ce-missionid': [event.mission_id],
      'ce-missionversion': ['3'],
      'ce-missionindex': ['1'],
      traceparent: [event.traceparent],
    });
  });

  for (const id of [
    'two words',
    '"quoted" 100%',
    'Zoë',
    '東京 🦉',
    ' padded ',
    'a\r\nce-type: approval.responded',
    '\t',
    '%41',
  ]) {
    it(`keep the id ${JSON.stringify(id)} unchanged`, () => {
      const event = sampleEvent({ customer_id: id, user_id: id });
      const headers = overTheWire(eventHeaders(event));
      expect(headers.get('ce-customerid')).to.match(/^[\x21-\x7e]+$/);
      expect(parseEvent(event.type, headers, '{}')).to.deep.equal(event);
    });
  }

  it('are refused if an attribute is missing or malformed', () => {
    const broken = (name: string, value: string | undefined) => {
      const headers = eventHeaders(sampleEvent());
      headers.delete(name);
      if (value !== undefined) headers.set(name, value);
      return () => parseEvent('mission.created', headers, '{}');
    };
    for (const name of [
      'ce-specversion',
      'ce-id',
      'ce-type',
      'ce-source',
      'ce-time',
      'ce-customerid',
      'ce-missionversion',
      'ce-missionindex',
    ]) {
      expect(broken(name, undefined), name).to.throw(UnparseableMessage);
    }
    expect(broken('ce-specversion', '2.0')).to.throw(UnparseableMessage);
    expect(broken('ce-missionversion', '1e3')).to.throw(UnparseableMessage);
    expect(broken('ce-customerid', '%zz')).to.throw(UnparseableMessage);
    expect(broken('ce-type', 'mission.updated')).to.throw(
      UnparseableMessage,
      'has the type mission.updated, which differs from its subject mission.created',
    );
    expect(broken('ce-future', 'unknown')).not.to.throw();
  });
});
