import { useSignal } from '@preact/signals';
import { useAct } from '../shell/act.tsx';
import { client } from '../store/client.ts';
import { useResource } from '../store/resource.ts';
import { LIKE, offerOf, ruleOf } from './offer.ts';
import { labelOf, type Question } from './outcome.ts';

/** After like answers in a row: the rule that would have given them. Only a press of the user makes it one. */
export function OfferRule({ question }: { readonly question: Question }) {
  const { data } = useResource(
    `latest decisions at ${question.id}`,
    () => client.listMyDecisions({ limit: LIKE }),
    () => false,
  );
  const left = useSignal<readonly number[]>([]);
  const isMade = useSignal(false);
  const { busy, run, trouble } = useAct();
  const offer = data.value && offerOf(question, data.value.items);
  if (!offer) return null;
  if (isMade.value)
    return (
      <p role="status">
        From now on your rule answers. You can switch it off in the <a href="/settings">settings</a>.
      </p>
    );
  const make = async (): Promise<void> => {
    const kept = offer.conditions.filter((_, index) => !left.value.includes(index));
    await client.createMyApprovalRule(ruleOf(offer.option, kept));
    isMade.value = true;
  };
  const keep = (index: number, isKept: boolean): void => {
    const others = left.value.filter((one) => one !== index);
    left.value = isKept ? others : [...others, index];
  };
  return (
    <section aria-labelledby="offer" class="panel">
      <h2 id="offer">Do you want a rule to answer this?</h2>
      <p>
        You chose <bdi class="says">{labelOf(question, offer.option)}</bdi> {LIKE} times in a row. A rule would choose
        it for you at once whenever:
      </p>
      {offer.conditions.map(({ words }, index) => (
        <label key={words} class="switch">
          <input
            type="checkbox"
            checked={!left.value.includes(index)}
            onChange={({ currentTarget }) => keep(index, currentTarget.checked)}
          />
          <bdi>{words}</bdi>
        </label>
      ))}
      <div class="actions">
        <button
          type="button"
          disabled={busy || left.value.length === offer.conditions.length}
          onClick={() => run(make, 'The rule is made')}
        >
          Let a rule answer this
        </button>
      </div>
      {trouble}
    </section>
  );
}
