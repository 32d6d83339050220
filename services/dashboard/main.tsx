import { render } from 'preact';
import { App } from './app.tsx';
import { listen } from './store/live.ts';
import { learnWhoIAm } from './store/session.ts';
import { asPath } from './text/address.ts';

const address = `${location.pathname}${location.search}${location.hash}`;
if (address !== asPath(address)) history.replaceState(null, '', asPath(address));
listen();
if (location.pathname !== '/sign-in') void learnWhoIAm();
render(<App />, document.body);
