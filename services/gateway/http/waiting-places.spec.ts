import { expect } from 'chai';
import type { Problem } from '@missions/contracts/errors.ts';
import type { Principal } from './principal.ts';
import { PLACES_PER_CREDENTIAL, PLACES_PER_CUSTOMER, WaitingPlaces } from './waiting-places.ts';

const agent = (id: number): Principal => ({
  kind: 'agent',
  credential: `key:${id}`,
  customer_id: 'acme',
  agent_id: `a${id}`,
  users: null,
  scopes: null,
});
const service: Principal = { kind: 'service', credential: 'service' };

describe('places of waiting calls', () => {
  const fill = (places: WaitingPlaces, principal: Principal, customer: string, upTo: number): (() => void)[] =>
    Array.from({ length: upTo }, () => places.take(principal, customer));
  const refusal = (take: () => unknown): Problem | undefined => {
    try {
      take();
      return undefined;
    } catch (error) {
      return error as Problem;
    }
  };

  it('one credential has so many; others still get theirs', () => {
    const places = new WaitingPlaces();
    const taken = fill(places, agent(1), 'acme', PLACES_PER_CREDENTIAL);
    const refused = refusal(() => places.take(agent(1), 'acme'));
    expect([refused?.code, typeof refused?.members['retry_after']]).to.deep.equal(['RATE_LIMITED', 'number']);
    places.take(agent(2), 'acme');
    taken[0]?.();
    // Only the first return counts.
    taken[0]?.();
    places.take(agent(1), 'acme');
    expect(refusal(() => places.take(agent(1), 'acme'))?.code).to.equal('RATE_LIMITED');
  });

  it('one customer has so many, whatever its credentials; the trusted backend waits for all its customers', () => {
    const places = new WaitingPlaces();
    for (let key = 0; key < PLACES_PER_CUSTOMER / PLACES_PER_CREDENTIAL; key++)
      fill(places, agent(key), 'acme', PLACES_PER_CREDENTIAL);
    expect(refusal(() => places.take(agent(99), 'acme'))?.code).to.equal('RATE_LIMITED');
    expect(refusal(() => places.take(service, 'acme'))?.code).to.equal('RATE_LIMITED');
    fill(places, service, 'other', PLACES_PER_CREDENTIAL + 1);
  });
});
