import type { Priority } from '../store/shapes.ts';
import { useSignal } from '@preact/signals';
import { useLocation } from 'preact-iso/router';
import { useId, useRef } from 'preact/hooks';
import { useAct } from '../shell/act.tsx';
import { client } from '../store/client.ts';
import { draftOf, keepDraft } from '../store/drafts.ts';

interface Draft {
  readonly title: string;
  readonly description: string;
  readonly priority: Priority;
  readonly due: string;
  readonly alone: boolean;
}

const EMPTY: Draft = { title: '', description: '', priority: 'normal', due: '', alone: false };
const KEPT = 'new mission';

function kept(): Draft {
  try {
    return { ...EMPTY, ...(JSON.parse(draftOf(KEPT) || '{}') as Partial<Draft>) };
  } catch {
    return EMPTY;
  }
}

/** Begins a mission. What is typed is kept until it is taken. */
export function NewMission() {
  const { route } = useLocation();
  const dialog = useRef<HTMLDialogElement>(null);
  const heading = useId();
  const draft = useSignal<Draft>(kept());
  const { busy, run, trouble } = useAct();
  const set = (part: Partial<Draft>) => {
    draft.value = { ...draft.value, ...part };
    keepDraft(KEPT, JSON.stringify(draft.value));
  };
  const create = (event: Event) => {
    event.preventDefault();
    const { title, description, priority, due, alone } = draft.value;
    if (title.trim() === '') return;
    run(async () => {
      const { id } = await client.createMyMission({
        title: title.trim(),
        description,
        priority,
        can_run_autonomously: alone,
        ...(due && { due_at: new Date(due).toISOString() }),
      });
      keepDraft(KEPT, '');
      draft.value = EMPTY;
      dialog.current?.close();
      route(`/missions/${id}`);
    });
  };
  const { title, description, priority, due, alone } = draft.value;
  return (
    <>
      <button type="button" class="primary" aria-haspopup="dialog" onClick={() => dialog.current?.showModal()}>
        New mission
      </button>
      <dialog ref={dialog} aria-labelledby={heading}>
        <form onSubmit={create}>
          <h2 id={heading}>New mission</h2>
          <label>
            What is to be done
            <input
              required
              maxLength={500}
              dir="auto"
              value={title}
              onInput={({ currentTarget }) => set({ title: currentTarget.value })}
            />
          </label>
          <label>
            What agents should know (optional)
            <textarea
              rows={5}
              dir="auto"
              value={description}
              onInput={({ currentTarget }) => set({ description: currentTarget.value })}
            />
          </label>
          <div class="pair">
            <label>
              Priority
              <select
                value={priority}
                onChange={({ currentTarget }) => set({ priority: currentTarget.value as Priority })}
              >
                <option value="low">Low</option>
                <option value="normal">Normal</option>
                <option value="high">High</option>
                <option value="urgent">Urgent</option>
              </select>
            </label>
            <label>
              Due (optional)
              <input
                type="datetime-local"
                value={due}
                onInput={({ currentTarget }) => set({ due: currentTarget.value })}
              />
            </label>
          </div>
          <label class="switch">
            <input
              type="checkbox"
              checked={alone}
              onChange={({ currentTarget }) => set({ alone: currentTarget.checked })}
            />
            <span>Agents work on it by themselves, while you are away</span>
          </label>
          {trouble}
          <div class="actions">
            <button type="button" onClick={() => dialog.current?.close()}>
              Go back
            </button>
            <button type="submit" class="primary" disabled={busy || title.trim() === ''}>
              Begin it
            </button>
          </div>
        </form>
      </dialog>
    </>
  );
}
