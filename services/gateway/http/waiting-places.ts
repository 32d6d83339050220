import { Problem } from '@missions/contracts/errors.ts';
import type { Principal } from './principal.ts';

/**
 * Bounds the calls that wait (claims, long polls), in each copy of the gateway, so that one key, or one customer, leaves
 * places for the others.
 */
export class WaitingPlaces {
  readonly #taken = new Map<string, number>();

  /**
   * Takes a place; the caller gives it back, once, with the returned function. The trusted backend's secret is one
   * credential for all its customers, and is therefore bounded by customer alone.
   * @throws Problem RATE_LIMITED
   */
  take({ kind, credential }: Principal, customerId: string): () => void {
    const ofCredential = JSON.stringify(['credential', credential]);
    const ofCustomer = JSON.stringify(['customer', customerId]);
    const counted = kind === 'service' ? [ofCustomer] : [ofCredential, ofCustomer];
    if (kind !== 'service' && this.#count(ofCredential) >= PLACES_PER_CREDENTIAL)
      throw full(`This credential has ${PLACES_PER_CREDENTIAL} calls that wait already.`);
    if (this.#count(ofCustomer) >= PLACES_PER_CUSTOMER)
      throw full(`This customer has ${PLACES_PER_CUSTOMER} calls that wait already.`);
    for (const one of counted) this.#taken.set(one, this.#count(one) + 1);
    return () => {
      for (const one of counted.splice(0)) {
        const left = this.#count(one) - 1;
        if (left > 0) this.#taken.set(one, left);
        else this.#taken.delete(one);
      }
    };
  }

  #count(key: string): number {
    return this.#taken.get(key) ?? 0;
  }
}

export const PLACES_PER_CREDENTIAL = 20;
export const PLACES_PER_CUSTOMER = 200;
const RETRY_AFTER_SECONDS = 5;

const full = (detail: string): Problem =>
  new Problem('RATE_LIMITED', `${detail} Let one of them end, or call without waiting.`, {
    retry_after: RETRY_AFTER_SECONDS,
  });
