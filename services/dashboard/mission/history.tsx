import { useAct } from '../shell/act.tsx';
import { useHistory } from './data.ts';
import { Entries } from './entries.tsx';

export function History({ missionId }: { readonly missionId: string }) {
  const history = useHistory(missionId);
  const { busy, run, trouble } = useAct();
  return (
    <section aria-labelledby="history">
      <h2 id="history">What has happened</h2>
      {history.failed && <p role="alert">The history cannot be read at the moment.</p>}
      {history.events && <Entries events={history.events} />}
      {history.hasEarlier && (
        <div class="actions">
          <button type="button" disabled={busy} onClick={() => run(() => history.earlier())}>
            Show earlier
          </button>
        </div>
      )}
      {trouble}
    </section>
  );
}
