import type { ResponseOf } from '@missions/contracts/rest/operation.ts';
import { call } from './call.ts';
import { type CallOptions, type GetOptions, type Settings, type UserClientOptions, settingsOf } from './options.ts';
import type { OperationInput } from './request.ts';
import { userOperations, type UserOperations as Operations } from './user-operations.ts';

const operations = userOperations as unknown as Operations;
type ResponseTo<Name extends keyof Operations> = ResponseOf<Operations[Name]>;

/** What users let agents do without them: the part of `UserClient` that sets its bounds. */
export abstract class EnvelopeClient {
  readonly #settings: Settings;

  /** @throws {TypeError} */
  constructor(options: UserClientOptions) {
    this.#settings = settingsOf(options);
  }

  /** Whether the user has stopped all work of agents for them. */
  getMyStop(options?: GetOptions): Promise<ResponseTo<'getMyStop'>> {
    return this.#call(operations.getMyStop, {}, options);
  }

  /** From the answer on no agent gets a run of the user, and those that have one are refused. */
  stopMyAgents(options?: CallOptions): Promise<ResponseTo<'stopMyAgents'>> {
    return this.#call(operations.stopMyAgents, { body: {} }, options);
  }

  async letMyAgentsGoOn(options?: CallOptions): Promise<void> {
    await this.#call(operations.letMyAgentsGoOn, {}, options);
  }

  #call<O>(operation: O, input: OperationInput, options?: CallOptions): Promise<ResponseOf<O>> {
    return call(this.#settings, operation, input, options);
  }
}
