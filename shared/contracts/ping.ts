import { type Static, Type } from 'typebox';
import { defineRequest } from './request.ts';
import type { ServiceName } from './subjects.ts';

const Nothing = Type.Object({});

export const Pong = Type.Object({ service: Type.String() });
export type Pong = Static<typeof Pong>;

/**
 * Whether a service takes requests. Every service answers it; a gateway that starts asks until each has answered once
 * (specification section 5).
 */
export const pingOf = (service: ServiceName) => defineRequest(service, 'ping', Nothing, Pong);
