import { useSignal } from '@preact/signals';
import { useLocation } from 'preact-iso/router';
import { useRef } from 'preact/hooks';
import { useKeys } from '../shell/keys.ts';
import { connection } from '../store/live.ts';
import { draftOf, keepDraft } from '../store/drafts.ts';
import { When } from '../text/when.tsx';
import { Written } from '../text/written.tsx';
import { answers } from './answering.ts';
import type { Answer, Sending } from './answers.ts';
import { Confirm } from './confirm.tsx';
import { EditFields } from './edit-fields.tsx';
import { Next } from './next.tsx';
import { labelOf, type Question } from './outcome.ts';
import { approves, editingOf, editsOf } from './proposal.ts';
import { Sides } from './sides.tsx';

interface AnswerFormProps {
  readonly question: Question;
  readonly sending: Sending | undefined;
}

/**
 * The ways to answer: an option, which can be taken back for a moment, or words. A link of a mail presets a choice, and
 * presses nothing: programs open links as well, and so do people by mistake.
 */
export function AnswerForm({ question, sending }: AnswerFormProps) {
  const { id, options, allow_freeform, action } = question;
  const text = useSignal(draftOf(id));
  const typed = useSignal<ReadonlyMap<string, string>>(new Map());
  const unconfirmed = useSignal<number | undefined>(undefined);
  const editing = editingOf(question);
  const edits = editsOf(editing, typed.value);
  const isChanged = Object.keys(edits).length > 0;
  const field = useRef<HTMLTextAreaElement>(null);
  const isUnderWay = sending?.state === 'held' || sending?.state === 'sending';
  const { choice } = useLocation().query;
  const preset = isUnderWay ? undefined : options.find((option) => option.id === choice);

  // Beside the approval of an action, or where no words are asked for, what is written is a note.
  const isNote = action != null || !allow_freeform;
  const written = (): Answer =>
    text.value.trim() === '' ? {} : isNote ? { note: text.value } : { freeform_text: text.value };
  const choose = (index: number, confirmed = false): void => {
    const option = options[index];
    if (!option || isUnderWay) return;
    const isApproval = approves(question, option.id);
    if (isApproval && question.irreversible && !confirmed) {
      unconfirmed.value = index;
      return;
    }
    unconfirmed.value = undefined;
    const answer = {
      selected_option: option.id,
      ...written(),
      ...(isApproval && isChanged && { edits }),
      ...(confirmed && { confirmed }),
    };
    answers.hold(id, answer, option.label);
  };
  const send = (): void => {
    if (text.value.trim() === '') field.current?.focus();
    else if (!isUnderWay) void answers.send(id, { freeform_text: text.value }, 'what you wrote');
  };
  useKeys([
    ...options.slice(0, 9).map(({ label }, index) => ({
      press: String(index + 1),
      says: `choose ${shortened(label)}`,
      do: () => choose(index),
    })),
    ...(allow_freeform || options.length > 0
      ? [{ press: 'r', says: 'write an answer', do: () => field.current?.focus() }]
      : []),
  ]);

  const confirming = unconfirmed.value;
  return (
    <section aria-labelledby="answer" class="answering">
      <Sides action={action} effective={action && isChanged ? { ...action, ...edits } : undefined} />
      {editing.length > 0 && <EditFields editing={editing} typed={typed} isLocked={isUnderWay} />}
      <h2 id="answer">Your answer</h2>
      {question.irreversible && <p class="note">What is approved here cannot be undone.</p>}
      <Deadline question={question} />
      {connection.value === 'offline' && (
        <p class="note">You are offline. You cannot answer until you are connected.</p>
      )}
      {preset && (
        <p id="preset" class="note">
          You came with the choice <bdi class="says">{preset.label}</bdi>. Nothing is sent until you press it.
        </p>
      )}
      {options.length > 0 && (
        <ol class="options">
          {options.map(({ id: optionId, label, description = '' }, index) => (
            <li key={optionId}>
              <button
                type="button"
                aria-disabled={isUnderWay}
                aria-pressed={isUnderWay && sending.answer.selected_option === optionId}
                aria-describedby={describedBy(optionId === preset?.id, description === '' ? '' : `option-${index}`)}
                class={optionId === preset?.id ? 'preset' : undefined}
                onClick={() => choose(index)}
              >
                {index < 9 && <kbd aria-hidden="true">{index + 1}</kbd>}
                <bdi class="written">{label}</bdi>
              </button>
              {description !== '' && (
                <div id={`option-${index}`}>
                  <Written text={description} as="p" />
                </div>
              )}
            </li>
          ))}
        </ol>
      )}
      {confirming !== undefined && (
        <Confirm
          label={options[confirming]?.label ?? ''}
          onConfirm={() => choose(confirming, true)}
          onBack={() => (unconfirmed.value = undefined)}
        />
      )}
      {(allow_freeform || options.length > 0) && (
        <div class="writing">
          <label for="text">{labelOfWords(options.length > 0, allow_freeform)}</label>
          <textarea
            id="text"
            ref={field}
            dir="auto"
            value={text.value}
            readOnly={isUnderWay}
            onInput={({ currentTarget }) => {
              text.value = currentTarget.value;
              keepDraft(id, currentTarget.value);
            }}
            onKeyDown={(event) => {
              if (allow_freeform && event.key === 'Enter' && (event.ctrlKey || event.metaKey)) send();
              if (event.key === 'Escape') event.currentTarget.blur();
            }}
          />
          {allow_freeform && (
            <div class="row">
              <button
                type="button"
                class={options.length > 0 ? '' : 'primary'}
                aria-disabled={isUnderWay}
                onClick={send}
              >
                {options.length > 0 ? 'Send only the words' : 'Send'}
              </button>
              <span class="quiet small hint">Ctrl+Enter sends. What you write is kept in this tab.</span>
            </div>
          )}
        </div>
      )}
      {isUnderWay && <Next after={id} />}
    </section>
  );
}

const labelOfWords = (hasOptions: boolean, allowsFreeform: boolean): string => {
  if (!hasOptions) return 'Your words';
  return allowsFreeform ? 'Words to go with it, or instead' : 'A note to go with it';
};

const describedBy = (isPreset: boolean, description: string): string | undefined =>
  [...(isPreset ? ['preset'] : []), description].join(' ').trim() || undefined;

/** Until when, and what happens without an answer. */
function Deadline({ question }: { question: Question }) {
  const byDefault = labelOf(question, question.default_option);
  return (
    <p class="deadline">
      The time to answer ends <When time={question.expires_at} absolute />.{' '}
      {byDefault === undefined ? (
        'If nobody answers by then, the question ends without an answer, and the mission is told so.'
      ) : (
        <>
          If nobody answers by then, <bdi class="says">{byDefault}</bdi> is taken.
        </>
      )}
    </p>
  );
}

const shortened = (label: string): string => (label.length > 60 ? `${label.slice(0, 60)}…` : label);
