import { Reading } from '../shell/reading.tsx';
import { View } from '../shell/view.tsx';
import { client } from '../store/client.ts';
import { connection } from '../store/live.ts';
import { useResource } from '../store/resource.ts';
import type { Me } from '../store/session.ts';
import { DeadLetters } from './dead-letters.tsx';
import { Keys } from './keys.tsx';
import { Overview } from './overview.tsx';
import { Runs } from './runs.tsx';
import { Switches } from './switches.tsx';
import { Timers } from './timers.tsx';
import { Usage } from './usage.tsx';

/** `/operate`: what `npm run missions` shows and does, for those whom the configuration names. */
export default function Operate() {
  const who = useResource<Me>(
    'operate who',
    () => client.getMe(),
    () => false,
  );
  return (
    <View heading="Operate">
      <Reading of={who}>{who.data.value?.operator ? <Parts /> : <ForOperators me={who.data.value} />}</Reading>
    </View>
  );
}

const Parts = () => (
  <>
    <p class="quiet small">
      {connection.value === 'offline'
        ? 'You are offline: this is as it was read last, and nothing can be done from here.'
        : 'Read again every ten seconds while it is on the screen.'}
    </p>
    <Switches />
    <Overview />
    <DeadLetters />
    <Timers />
    <Runs />
    <Usage />
    <Keys />
  </>
);

const ForOperators = ({ me }: { me: Me | undefined }) => (
  <>
    <p>This view is for operators of the product, who look after its services.</p>
    {me && (
      <p>
        You are signed in as <bdi>{me.user_id}</bdi> of <bdi>{me.customer_id}</bdi>, who is not one of them. Whoever
        runs the product names them in <code>OPERATOR_USER_IDS</code>.
      </p>
    )}
    <p>
      <a href="/">Go to your inbox</a>
    </p>
  </>
);
