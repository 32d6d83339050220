import type { InputRequest, State, Withdrawn } from '../domain/state.ts';

/** A tombstone is a row without prompt and deadline, for nothing is known of its question. */
interface WithdrawnRow extends Omit<Withdrawn, 'status'> {
  readonly status: 'cancelled';
  readonly prompt: null;
}
export type Row = InputRequest | WithdrawnRow;

export function stateOf(row: Row | null): State {
  if (row === null || row.prompt !== null) return row;
  const { id, customer_id, user_id, mission_id, version, created_at } = row;
  return { status: 'withdrawn', id, customer_id, user_id, mission_id, version, created_at };
}

/** What is not known of a withdrawn question has the neutral values that its columns ask for. */
export const rowOf = (state: InputRequest | Withdrawn): object =>
  state.status === 'withdrawn'
    ? { ...state, status: 'cancelled', conversation_id: '', options: [], allow_freeform: true, urgency: 'normal' }
    : state;
