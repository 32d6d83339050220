import type { Email, State, Withdrawn } from '../domain/state.ts';

/** `from` and `to` are words of SQL. */
export interface Row extends Omit<Email, 'from' | 'to' | 'cc' | 'bcc' | 'token'> {
  readonly from_address: string;
  readonly to_addresses: Email['to'];
  readonly cc_addresses: Email['cc'];
  readonly bcc_addresses: Email['bcc'];
  /** null: a tombstone, and with it whatever is known of no e-mail that has not come. */
  readonly token: string | null;
}

export function stateOf(row: Row | null): State {
  if (row === null) return null;
  const { from_address, to_addresses, cc_addresses, bcc_addresses, token, ...same } = row;
  if (token !== null)
    return { ...same, token, from: from_address, to: to_addresses, cc: cc_addresses, bcc: bcc_addresses };
  const { id, customer_id, user_id, mission_id, created_at, version } = same;
  return { status: 'withdrawn', id, customer_id, user_id, mission_id, created_at, version };
}

/** @throws Error for a tombstone, which no list shows. */
export function emailOf(row: Row): Email {
  const state = stateOf(row);
  if (state === null || state.status === 'withdrawn') throw new Error('a tombstone was taken for an e-mail');
  return state;
}

/** What is not known of a withdrawn e-mail has the neutral values that its columns ask for. */
export function rowOf(state: Email | Withdrawn): object {
  if (state.status === 'withdrawn') {
    return {
      ...state,
      status: 'cancelled',
      expect_reply: false,
      until: 'all',
      recipients: [],
      follow_ups: 0,
      last_error: '',
      updated_at: state.created_at,
    };
  }
  const { from, to, cc, bcc, messages: _, ...same } = state;
  return { ...same, from_address: from, to_addresses: to, cc_addresses: cc, bcc_addresses: bcc };
}
