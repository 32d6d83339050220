import { Action } from './action.tsx';
import type { Question } from './outcome.ts';

interface SidesProps {
  readonly action: Question['action'] | undefined;
  /** What it becomes, or became, with the changes of the user. */
  readonly effective?: NonNullable<Question['action']> | undefined;
  readonly says?: string;
}

/** What is proposed and what was made of it, beside each other. */
export function Sides({ action, effective, says = 'With your changes' }: SidesProps) {
  if (!action) return null;
  return (
    <div class="sides">
      <Action id="proposed" heading={effective ? 'Proposed' : 'What will be done'} action={action} />
      {effective && <Action id="effective" heading={says} action={effective} />}
    </div>
  );
}
