import type { UserResponseTo } from '@missions/client/user-client.ts';
import { useSignal } from '@preact/signals';
import { Receipt } from '../question/receipt.tsx';
import { useAct } from '../shell/act.tsx';
import { Reading } from '../shell/reading.tsx';
import { View } from '../shell/view.tsx';
import { client } from '../store/client.ts';
import { useResource } from '../store/resource.ts';
import { me } from '../store/session.ts';
import { When } from '../text/when.tsx';
import { Quoted } from '../text/written.tsx';
import { answerOf, wayOf } from './words.ts';

type Page = UserResponseTo<'listMyDecisions'>;

/** What the user decided, newest first. */
export default function History() {
  const first = useResource<Page>('history', () => client.listMyDecisions({ limit: 50 }), decides);
  const further = useSignal<Page[]>([]);
  const pages = first.data.value ? [first.data.value, ...further.value] : [];
  const next = pages.at(-1)?.next_cursor ?? null;
  const reading = useAct();
  const more = async (cursor: string): Promise<void> => {
    further.value = [...further.value, await client.listMyDecisions({ limit: 50, cursor })];
  };
  // The first page is read anew with every decision, and then holds what the next one held before.
  const items = [...new Map(pages.flatMap((page) => page.items).map((item) => [item.request_id, item])).values()];
  return (
    <View heading="History">
      <Reading of={first}>
        {items.length === 0 ? (
          <p>You have decided nothing yet. Once you answer a question, it stands here with your answer.</p>
        ) : (
          <ol class="rows">
            {items.map((item) => (
              <li key={item.request_id}>
                <a class="row" href={`/q/${item.request_id}`}>
                  <Quoted text={item.question} />
                  <span class="row-answer">
                    <Quoted text={answerOf(item.answer)} />
                  </span>
                  <span class="quiet small">
                    <Way of={item} />, <When time={item.decided_at} />
                  </span>
                </a>
                {item.receipt !== undefined && <Receipt requestId={item.request_id} receipt={item.receipt} />}
              </li>
            ))}
          </ol>
        )}
        {next !== null && (
          <button type="button" aria-disabled={reading.busy} onClick={() => reading.run(() => more(next))}>
            Show more
          </button>
        )}
        {reading.trouble}
      </Reading>
    </View>
  );
}

/** How it was decided, and by whom, where one answered for another. */
function Way({ of: { via, responded_by, on_behalf_of } }: { readonly of: Page['items'][number] }) {
  if (on_behalf_of === undefined) return <>{wayOf(via)}</>;
  if (responded_by === me.value?.user_id)
    return (
      <>
        You answered for <bdi>{on_behalf_of}</bdi>
      </>
    );
  return (
    <>
      <bdi>{responded_by}</bdi> answered for you
    </>
  );
}

const decides = ({ event_type }: { event_type: string }): boolean =>
  event_type === 'input_responded' || event_type === 'input_expired';
