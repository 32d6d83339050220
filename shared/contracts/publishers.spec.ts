import { expect } from 'chai';
import { existsSync, readFileSync } from 'node:fs';
import type { EventSubject } from './events.ts';
import { missionChanges } from './mission/changes.ts';
import { publishers } from './publishers.ts';
import { requesters } from './requesters.ts';
import { deadLetterSubject, streams } from './subjects.ts';

const root = new URL('../../', import.meta.url);
const subjects = Object.keys(publishers) as EventSubject[];
const services = [...new Set(Object.values(publishers).flat())];

/** The subjects that each user of the NATS server may publish. */
const allowedByServer = new Map(
  [
    ...readFileSync(new URL('deploy/nats/server.conf', root), 'utf8')
      .replaceAll(/#.*/g, '')
      .matchAll(/user:\s*"?([\w-]+)"?[^]*?publish:\s*\{\s*allow:\s*\[([^\]]*)\]/g),
  ].map(([, user = '', list = '']) => [user, [...list.matchAll(/"([^"]+)"/g)].map(([, pattern]) => pattern as string)]),
);
/** Without requests, live notifications and JetStream's own subjects. */
const permitted = new Map(
  [...allowedByServer].map(([user, patterns]) => [
    user,
    patterns.filter((pattern) => !/^(svc|live|\$JS|\$EVENTS|\$SRV)\./.test(pattern)),
  ]),
);

const covers = (pattern: string, subject: string): boolean => {
  const [wanted, given] = [pattern.split('.'), subject.split('.')];
  return wanted.length === given.length && wanted.every((token, index) => token === '*' || token === given[index]);
};

describe('the publishers of an event', () => {
  it('are listed for every change of a mission', () => {
    expect(subjects).to.include.members(Object.values(missionChanges).map((change) => change.subject));
  });

  it('are listed only for subjects that exactly one stream keeps', () => {
    for (const subject of subjects) {
      const keeping = Object.values(streams).filter((stream) =>
        stream.subjects.some((pattern) => covers(pattern, subject)),
      );
      expect(keeping, subject).to.have.length(1);
    }
  });

  it('are the users that the NATS server permits', () => {
    expect([...permitted.keys()]).to.include('mission');
    for (const [user, patterns] of permitted) {
      // The operator republishes events of every service, so that its user may publish all subjects.
      const own = subjects.filter(
        (subject) => user === 'operator' || (publishers[subject] as readonly string[]).includes(user),
      );
      const events = patterns.filter((pattern) => pattern !== deadLetterSubject(user));
      const allowed = subjects.filter((subject) => events.some((pattern) => covers(pattern, subject)));
      expect(allowed, user).to.have.members(own);
      for (const pattern of events)
        expect(
          subjects.some((subject) => covers(pattern, subject)),
          `${user} may publish ${pattern}, which matches no event`,
        ).to.equal(true);
    }
  });

  it('include a NATS user for each service', () => {
    const built = services.filter((service) => existsSync(new URL(`services/${service}/main.ts`, root)));
    expect([...permitted.keys()]).to.include.members(built);
  });
});

describe('the senders of a request', () => {
  it('are the users that the NATS server permits', () => {
    const sent = [...allowedByServer].flatMap(([user, patterns]) =>
      patterns.filter((pattern) => pattern.startsWith('svc.')).map((pattern) => `${user} ${pattern}`),
    );
    const listed = Object.entries(requesters).flatMap(([user, requests]) =>
      requests.map(({ subject }) => `${user} ${subject}`),
    );
    expect(sent).to.have.members([...listed, 'gateway svc.*.*']);
  });
});
