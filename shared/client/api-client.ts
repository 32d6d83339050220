import type { ResponseOf } from '@missions/contracts/rest/operation.ts';
import { call } from './call.ts';
import { type CallOptions, type ClientOptions, type Settings, settingsOf, type UserClientOptions } from './options.ts';
import type { OperationInput } from './request.ts';

/** What all clients share: their settings, and the one way in which they call an operation. */
export abstract class ApiClient {
  protected readonly settings: Settings;

  /** @throws {TypeError} */
  constructor(options: UserClientOptions | ClientOptions) {
    this.settings = settingsOf(options);
  }

  protected call<O>(operation: O, input: OperationInput, options?: CallOptions): Promise<ResponseOf<O>> {
    return call(this.settings, operation, input, options);
  }
}
