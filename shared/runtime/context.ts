import { AsyncLocalStorage } from 'node:async_hooks';

/** What every line of log, message and event of one request shares, carried along without being passed by hand. */
export interface RequestContext {
  /** W3C `traceparent` of the step that is being done; outgoing messages take it as their parent. */
  traceparent: string;
  /** `X-Request-ID`, as the caller sent it or as the gateway made it. */
  requestId?: string;
}

const storage = new AsyncLocalStorage<RequestContext>();

/** Runs `fn`, and everything it awaits or starts, within `context`. */
export const withContext = <T>(context: RequestContext, fn: () => T): T => storage.run(context, fn);

/** undefined outside of any request, e.g. in a poll loop. */
export const currentContext = (): RequestContext | undefined => storage.getStore();
