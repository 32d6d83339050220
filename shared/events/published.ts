export { type Event, type EventTypes, streamsOf } from './event-types.ts';
export { forget, type Position, type SubscribeOptions, subscribe, type Subscription } from './subscribe.ts';
