import lazy from 'preact-iso/lazy';
import { LocationProvider, Route, Router, useLocation } from 'preact-iso/router';
import { Announcer } from './shell/announcer.tsx';
import { InHand } from './question/in-hand.tsx';
import { Banner } from './shell/banner.tsx';
import { KeyList } from './shell/key-list.tsx';
import { Navigation } from './shell/navigation.tsx';
import { NotFound } from './shell/not-found.tsx';
import { SignInAgain } from './shell/sign-in-again.tsx';
import { InboxReader } from './store/inbox.ts';
import { session } from './store/session.ts';
import { isReadable } from './text/address.ts';

/** Each view is a file of its own, which is loaded when it is opened; what was shown stays until then. */
const History = lazy(() => import('./history/view.tsx'));
const Inbox = lazy(() => import('./inbox/view.tsx'));
const Question = lazy(() => import('./question/view.tsx'));
const SignIn = lazy(() => import('./sign-in/view.tsx'));
const Missions = lazy(() => import('./missions/view.tsx'));
const Mission = lazy(() => import('./mission/view.tsx'));
const Operate = lazy(() => import('./operate/view.tsx'));
const Settings = lazy(() => import('./settings/view.tsx'));

export const App = () => (
  <LocationProvider>
    <a class="skip" href="#main">
      Skip to the content
    </a>
    <Navigation />
    <Banner />
    <main id="main" tabIndex={-1}>
      <Views />
    </main>
    <Announcer />
    <InHand />
    <KeyList />
    {session.value !== 'unknown' && <InboxReader />}
    <SignInAgain />
  </LocationProvider>
);

function Views() {
  const { path } = useLocation();
  // The router would throw.
  if (!isReadable(path)) return <NotFound />;
  return (
    <Router>
      <Route path="/history" component={History} />
      <Route path="/" component={Inbox} />
      <Route path="/q/:id" component={Question} />
      <Route path="/sign-in" component={SignIn} />
      <Route path="/missions" component={Missions} />
      <Route path="/missions/:id" component={Mission} />
      <Route path="/settings" component={Settings} />
      <Route path="/operate" component={Operate} />
      <Route default component={NotFound} />
    </Router>
  );
}
