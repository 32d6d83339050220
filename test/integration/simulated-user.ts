import type { ApiResponse, Api } from '@missions/test-support/api.ts';

/** A user who reads missions and responds to input requests over `/api/v1`. */
export class SimulatedUser {
  readonly #api: Api;
  readonly #headers: Record<string, string>;

  constructor(api: Api, user = 'ada') {
    this.#api = api;
    this.#headers = { 'x-user-id': user };
  }

  respond(requestId: string, answer: object, headers: Record<string, string | null> = {}): Promise<ApiResponse> {
    return this.#api.post(`/api/v1/input-requests/${requestId}/respond`, answer, {
      headers: { ...this.#headers, ...headers },
    });
  }

  /** The user's pending input requests. */
  async pending(): Promise<any[]> {
    return (await this.get('missions/pending-inputs?limit=200')).body.input_requests;
  }

  /** @param path relative to `/api/v1`. */
  get(path: string): Promise<ApiResponse> {
    return this.#api.get(`/api/v1/${path}`, { headers: this.#headers });
  }

  control(missionId: string, verb: 'cancel' | 'pause' | 'resume' | 'retry' | 'restore'): Promise<ApiResponse> {
    return this.#api.insist('POST', `/api/v1/missions/${missionId}/${verb}`, { body: {}, headers: this.#headers });
  }

  received(missionId: string, taskId: string): Promise<ApiResponse> {
    return this.#api.post(`/api/v1/missions/${missionId}/tasks/${taskId}/received`, {}, { headers: this.#headers });
  }
}
