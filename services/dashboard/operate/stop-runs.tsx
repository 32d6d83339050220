import { useSignal } from '@preact/signals';
import { useAct } from '../shell/act.tsx';
import { Deliberate } from '../shell/deliberate.tsx';
import { draftOf, keepDraft } from '../store/drafts.ts';
import type { Resource } from '../store/resource.ts';
import { operator } from './reading.ts';
import { type Target, Whose } from './whose.tsx';

type Scope = Target['scope'];
type Member = 'customer_id' | 'user_id' | 'mission_id';

const SCOPES: Readonly<Record<Scope, string>> = {
  all: 'everybody',
  customer: 'a customer',
  user: 'a user',
  mission: 'a mission',
};
const MEMBERS: Readonly<Record<Scope, readonly Member[]>> = {
  all: [],
  customer: ['customer_id'],
  user: ['customer_id', 'user_id'],
  mission: ['mission_id'],
};
const NAMES: Readonly<Record<Member, string>> = {
  customer_id: 'Customer',
  user_id: 'User',
  mission_id: 'Mission',
};
const DRAFT = 'why runs are stopped';

/** Turns a switch on, by a second act. */
export function StopRuns({ list }: { list: Resource<unknown> }) {
  const scope = useSignal<Scope>('mission');
  const members = useSignal<Partial<Record<Member, string>>>({});
  const reason = useSignal(draftOf(DRAFT));
  const { busy, run, trouble } = useAct();
  const named = MEMBERS[scope.value].map((name): [Member, string] => [name, members.value[name]?.trim() ?? '']);
  const target = { scope: scope.value, ...Object.fromEntries(named) };
  const isWhole = named.every(([, value]) => value !== '');
  const write = (text: string): void => {
    reason.value = text;
    keepDraft(DRAFT, text);
  };
  const stop = () =>
    run(async () => {
      await operator.setKillSwitch({ ...target, on: true, reason: reason.value.trim() });
      write('');
      members.value = {};
      await list.reload();
    }, 'The kill switch is on');
  return (
    <details>
      <summary>Stop runs</summary>
      <div class="filters">
        <label>
          Whose
          <select value={scope.value} onChange={({ currentTarget }) => (scope.value = currentTarget.value as Scope)}>
            {Object.entries(SCOPES).map(([value, name]) => (
              <option key={value} value={value}>
                {name}
              </option>
            ))}
          </select>
        </label>
        {named.map(([name]) => (
          <Field
            key={name}
            label={`${NAMES[name]} (its id)`}
            value={members.value[name] ?? ''}
            onInput={(value) => (members.value = { ...members.value, [name]: value })}
          />
        ))}
        <Field label="Why (operators see it)" value={reason.value} onInput={write} />
      </div>
      <Deliberate label="Stop these runs" verb="Stop them" disabled={busy || !isWhole} onAct={stop}>
        No agent gets <Whose target={target} />, and runs in hand lose their lease at once, until you let them go on.
      </Deliberate>
      {trouble}
    </details>
  );
}

interface FieldProps {
  readonly label: string;
  readonly value: string;
  readonly onInput: (value: string) => void;
}

const Field = ({ label, value, onInput }: FieldProps) => (
  <label>
    {label}
    <input dir="auto" maxLength={500} value={value} onInput={({ currentTarget }) => onInput(currentTarget.value)} />
  </label>
);
