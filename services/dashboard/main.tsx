import { render } from 'preact';
import { App } from './app.tsx';
import { listen } from './store/live.ts';
import { learnWhoIAm } from './store/session.ts';

listen();
if (location.pathname !== '/sign-in') void learnWhoIAm();
render(<App />, document.body);
