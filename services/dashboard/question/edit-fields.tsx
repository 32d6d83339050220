import type { Signal } from '@preact/signals';
import { nameOf } from './content.ts';
import type { Editing } from './proposal.ts';

interface EditFieldsProps {
  readonly editing: readonly Editing[];
  readonly typed: Signal<ReadonlyMap<string, string>>;
  readonly isLocked: boolean;
}

/** The fields of an action that its user may change, as they are proposed. */
export function EditFields({ editing, typed, isLocked }: EditFieldsProps) {
  const type = (name: string, text: string): void => {
    typed.value = new Map(typed.value).set(name, text);
  };
  return (
    <fieldset class="editing" disabled={isLocked}>
      <legend>You may change</legend>
      {editing.map(({ name, field, proposed }, index) => {
        const value = typed.value.get(name) ?? proposed;
        const id = `edit-${index}`;
        const isChanged = value !== proposed;
        return (
          <div key={name} class="edit">
            <label for={id}>
              <bdi>{field.title ?? nameOf(name)}</bdi>
              {isChanged && <span class="quiet small"> (changed)</span>}
            </label>
            <Input id={id} field={field} value={value} onType={(text) => type(name, text)} />
            {field.description !== undefined && <p class="quiet small">{field.description}</p>}
          </div>
        );
      })}
    </fieldset>
  );
}

interface InputProps {
  readonly id: string;
  readonly field: Editing['field'];
  readonly value: string;
  readonly onType: (text: string) => void;
}

function Input({ id, field, value, onType }: InputProps) {
  const choices = field.enum?.map(String) ?? (field.type === 'boolean' ? ['true', 'false'] : undefined);
  if (choices)
    return (
      <select id={id} value={value} onChange={({ currentTarget }) => onType(currentTarget.value)}>
        {choices.map((choice) => (
          <option key={choice} value={choice}>
            {field.type === 'boolean' ? (choice === 'true' ? 'yes' : 'no') : choice}
          </option>
        ))}
      </select>
    );
  const typing = { id, value, dir: 'auto' as const };
  if (field.type === 'array' || value.includes('\n') || value.length > 80)
    return <textarea {...typing} onInput={({ currentTarget }) => onType(currentTarget.value)} />;
  const isNumber = field.type === 'number' || field.type === 'integer';
  return (
    <input
      {...typing}
      type="text"
      inputMode={isNumber ? 'decimal' : undefined}
      onInput={({ currentTarget }) => onType(currentTarget.value)}
    />
  );
}
