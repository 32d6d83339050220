import { useSignal } from '@preact/signals';
import { useEffect } from 'preact/hooks';
import { View } from '../shell/view.tsx';
import { returnTo, signInHref, signsInByProvider } from './ways.ts';

/** Takes the one-time code of a printed link, or offers the provider. */
export default function SignIn() {
  const state = useSignal('');
  useEffect(() => {
    const take = async (): Promise<void> => {
      const code = location.hash.slice(1);
      if (code === '') return;
      // No server sees a fragment; out of the address it stays in no history and in no bookmark either.
      history.replaceState(null, '', location.pathname + location.search);
      state.value = 'Signing in …';
      state.value = await exchange(code);
    };
    const onHash = (): void => void take();
    onHash();
    addEventListener('hashchange', onHash);
    return () => removeEventListener('hashchange', onHash);
  }, []);
  return (
    <div class="narrow">
      <View heading="Sign in">
        <p role="status" class="sign-in-state">
          {state.value}
        </p>
        {signsInByProvider() ? (
          <p>
            <a class="button primary" href={signInHref()}>
              Sign in with your organisation
            </a>
          </p>
        ) : (
          <p>Open the link that was printed when the product started. It works once, for ten minutes.</p>
        )}
        <p class="quiet">
          This command prints a new link: <code>npm run missions -- sign-in --user &lt;id&gt;</code>
        </p>
      </View>
    </div>
  );
}

/** @returns what to tell the user; nothing is told of a success, which leaves this view. */
async function exchange(code: string): Promise<string> {
  try {
    const response = await fetch('/auth/code', {
      method: 'POST',
      headers: { 'Content-Type': 'application/json' },
      body: JSON.stringify({ code }),
    });
    if (response.ok) {
      location.replace(returnTo(location));
      return 'Signed in.';
    }
    const { detail } = (await response.json()) as { detail?: string };
    return detail ?? 'This link could not be used.';
  } catch {
    return 'The product cannot be reached. Open the link again: it is still good.';
  }
}
