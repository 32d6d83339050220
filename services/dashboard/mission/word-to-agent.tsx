import type { MissionDetail } from '../store/shapes.ts';
import { useSignal } from '@preact/signals';
import { useAct } from '../shell/act.tsx';
import { client } from '../store/client.ts';
import { draftOf, keepDraft } from '../store/drafts.ts';
import { isRetryable } from './controls.tsx';
import type { MissionData } from './data.ts';

/** A word for whichever agent goes on. It is kept while it is typed, and gone once it is taken. */
export function WordToAgent({ data, mission }: { readonly data: MissionData; readonly mission: MissionDetail }) {
  const { id } = mission;
  const draft = `word ${id}`;
  const text = useSignal(draftOf(draft));
  const { busy, run, trouble } = useAct();
  if (!isRetryable(mission)) return null;
  const set = (value: string) => {
    text.value = value;
    keepDraft(draft, value);
  };
  const send = (event: Event) => {
    event.preventDefault();
    const typed = text.value;
    if (typed.trim() === '') return;
    run(async () => {
      await client.messageMyMission(id, { text: typed.trim() });
      if (text.value === typed) set('');
      await data.mission.reload();
    }, 'Your word is in the history');
  };
  return (
    <section aria-labelledby="word">
      <h2 id="word">A word to the agent</h2>
      <form onSubmit={send}>
        <label for="word-text">Whichever agent goes on reads it first</label>
        <textarea
          id="word-text"
          rows={3}
          dir="auto"
          value={text.value}
          onInput={({ currentTarget }) => set(currentTarget.value)}
          onKeyDown={(event) => {
            if (event.key === 'Enter' && (event.ctrlKey || event.metaKey)) send(event);
          }}
        />
        <div class="actions">
          <button type="submit" disabled={busy || text.value.trim() === ''}>
            Leave it
          </button>
        </div>
      </form>
      {trouble}
    </section>
  );
}
