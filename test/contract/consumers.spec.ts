import { expect } from 'chai';
import { readFileSync } from 'node:fs';
import { approval } from '@missions/approval/service.ts';
import { consumers } from '@missions/contracts/consumers.ts';
import { publishers } from '@missions/contracts/publishers.ts';
import { type StreamName, streams } from '@missions/contracts/subjects.ts';
import { emailBridge } from '@missions/email-bridge/service.ts';
import { notifier } from '@missions/notifier/service.ts';
import { mission } from '@missions/mission/service.ts';
import { scheduler } from '@missions/scheduler/service.ts';

const services = [mission, approval, scheduler, emailBridge, notifier];
const tableOf = (name: keyof typeof consumers): Record<string, readonly string[]> => consumers[name];
const covers = (pattern: string, subject: string): boolean =>
  pattern === subject || (pattern.endsWith('.*') && subject.startsWith(pattern.slice(0, -1)));

/** The subjects that each user of the server may publish. */
const permitted = new Map(
  [
    ...readFileSync(new URL('../../deploy/nats/server.conf', import.meta.url), 'utf8')
      .replaceAll(/#.*/g, '')
      .matchAll(/user:\s*"?([\w-]+)"?[^]*?publish:\s*\{\s*allow:\s*\[([^\]]*)\]/g),
  ].map(([, user = '', list = '']) => [user, [...list.matchAll(/"([^"]+)"/g)].map(([, subject]) => subject ?? '')]),
);

describe('the consumers of the contracts', () => {
  for (const service of services) {
    it(`are the subscriptions of ${service.name}, stream by stream`, () => {
      const subscriptions = service.subscriptions({} as never);
      expect(subscriptions.every(({ durable }) => durable === undefined)).to.equal(true);
      expect(Object.fromEntries(subscriptions.map(({ stream, subjects }) => [stream, subjects]))).to.deep.equal(
        tableOf(service.name),
      );
    });

    it(`are all that JetStream lets ${service.name} use, and its streams all that it may look at`, () => {
      const { name } = service;
      const own = Object.keys(tableOf(name));
      const seen = new Set([...own, ...service.streams]);
      const expected = [
        ...[...seen].map((stream) => `$JS.API.STREAM.INFO.${stream}`),
        ...own.flatMap((stream) => [
          `$JS.API.CONSUMER.INFO.${stream}.${name}`,
          `$JS.API.CONSUMER.MSG.NEXT.${stream}.${name}`,
          `$JS.ACK.${stream}.${name}.>`,
        ]),
      ];
      const jetstream = (permitted.get(name) ?? []).filter((subject) => subject.startsWith('$JS.'));
      expect(jetstream).to.have.members(expected);
    });
  }

  it('are subjects of their stream, and of no event that the service itself may publish', () => {
    for (const { name } of services)
      for (const [stream, subjects] of Object.entries(tableOf(name)))
        for (const subject of subjects) {
          const { subjects: kept } = streams[stream as StreamName];
          expect(
            kept.some((pattern) => covers(pattern, subject)),
            `${subject} in ${stream}`,
          ).to.equal(true);
          // A pull can have a stored message sent anywhere. It is never one that the same login has written.
          const authors = Object.entries(publishers).flatMap(([event, by]) => (covers(subject, event) ? by : []));
          expect(authors, `${subject} for ${name}`).not.to.include(name);
        }
  });
});
