import type { BodyOf, QueryOf, ResponseOf } from '@missions/contracts/rest/operation.ts';
import { ApiClient } from './api-client.ts';
import type { CallOptions, GetOptions, PostOptions } from './options.ts';
import { userOperations, type UserOperations as Operations } from './user-operations.ts';

const operations = userOperations as unknown as Operations;
type ResponseTo<Name extends keyof Operations> = ResponseOf<Operations[Name]>;

/** What users let agents do without them: the part of `UserClient` that sets its bounds. */
export abstract class EnvelopeClient extends ApiClient {
  /** What agents used for the user in each of the latest days, today first. */
  getMyUsage(query: QueryOf<Operations['getMyUsage']> = {}, options?: GetOptions): Promise<ResponseTo<'getMyUsage'>> {
    return this.call(operations.getMyUsage, { query }, options);
  }

  /** How much agents may do for the user in a day. */
  getMyLimits(options?: GetOptions): Promise<ResponseTo<'getMyLimits'>> {
    return this.call(operations.getMyLimits, {}, options);
  }

  /** What is left out is not limited. */
  setMyLimits(limits: BodyOf<Operations['setMyLimits']>, options?: CallOptions): Promise<ResponseTo<'setMyLimits'>> {
    return this.call(operations.setMyLimits, { body: limits }, options);
  }

  getMyMissionLimits(missionId: string, options?: GetOptions): Promise<ResponseTo<'getMyMissionLimits'>> {
    return this.call(operations.getMyMissionLimits, { params: { mission_id: missionId } }, options);
  }

  setMyMissionLimits(
    missionId: string,
    limits: BodyOf<Operations['setMyMissionLimits']>,
    options?: CallOptions,
  ): Promise<ResponseTo<'setMyMissionLimits'>> {
    return this.call(operations.setMyMissionLimits, { params: { mission_id: missionId }, body: limits }, options);
  }

  /** Whether the user has stopped all work of agents for them. */
  getMyStop(options?: GetOptions): Promise<ResponseTo<'getMyStop'>> {
    return this.call(operations.getMyStop, {}, options);
  }

  /** From the answer on no agent gets a run of the user, and those that have one are refused. */
  stopMyAgents(options?: CallOptions): Promise<ResponseTo<'stopMyAgents'>> {
    return this.call(operations.stopMyAgents, { body: {} }, options);
  }

  async letMyAgentsGoOn(options?: CallOptions): Promise<void> {
    await this.call(operations.letMyAgentsGoOn, {}, options);
  }

  /** What the user has decided beforehand. */
  listMyApprovalRules(options?: GetOptions): Promise<ResponseTo<'listMyApprovalRules'>> {
    return this.call(operations.listMyApprovalRules, {}, options);
  }

  createMyApprovalRule(
    rule: BodyOf<Operations['createMyApprovalRule']>,
    options?: PostOptions,
  ): Promise<ResponseTo<'createMyApprovalRule'>> {
    return this.call(operations.createMyApprovalRule, { body: rule }, options);
  }

  getMyApprovalRule(ruleId: string, options?: GetOptions): Promise<ResponseTo<'getMyApprovalRule'>> {
    return this.call(operations.getMyApprovalRule, { params: { rule_id: ruleId } }, options);
  }

  /** `{enabled: false}` switches it off at once. */
  updateMyApprovalRule(
    ruleId: string,
    patch: BodyOf<Operations['updateMyApprovalRule']>,
    options?: CallOptions,
  ): Promise<ResponseTo<'updateMyApprovalRule'>> {
    return this.call(operations.updateMyApprovalRule, { params: { rule_id: ruleId }, body: patch }, options);
  }

  async removeMyApprovalRule(ruleId: string, options?: CallOptions): Promise<void> {
    await this.call(operations.removeMyApprovalRule, { params: { rule_id: ruleId } }, options);
  }

  /** Who answers the user's questions for a while, and whose the user answers. */
  listMyDelegations(options?: GetOptions): Promise<ResponseTo<'listMyDelegations'>> {
    return this.call(operations.listMyDelegations, {}, options);
  }

  createMyDelegation(
    delegation: BodyOf<Operations['createMyDelegation']>,
    options?: PostOptions,
  ): Promise<ResponseTo<'createMyDelegation'>> {
    return this.call(operations.createMyDelegation, { body: delegation }, options);
  }

  async endMyDelegation(delegationId: string, options?: CallOptions): Promise<void> {
    await this.call(operations.endMyDelegation, { params: { delegation_id: delegationId } }, options);
  }
}
