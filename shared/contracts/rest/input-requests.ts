import { Type } from 'typebox';
import {
  DecisionPage,
  InputResponse,
  InputRequest,
  InputRequestPage,
  NewInputRequest,
} from '../approval/input-request.ts';
import { Verdict } from '../approval/receipt.ts';
import { DecisionFilter, InputRequestFilter, VerifyReceiptBody } from '../approval/requests.ts';
import { closed, Identifier } from '../fields.ts';
import { WithdrawBody } from '../mission/bodies.ts';
import { WithdrawnInputRequest } from '../mission/representation.ts';
import { Reach } from '../notifier/requests.ts';
import { operation } from './operation.ts';

/** Input requests: agents ask, users respond (specification sections 5 and 8). */
const OfUser = Type.Object({ user_id: Type.Optional(Identifier) }, closed);
const ofMission = '/api/internal/missions/{mission_id}/input-requests';
const mine = '/api/v1/input-requests';

/** `reach` is of the moment of the call, and is left out where it could not be found out. */
const AskedAnswer = Type.Object({
  ...InputRequest.properties,
  reach: Type.Optional(
    Type.Object(
      { ...Reach.properties },
      { description: 'where the user can be told of it; no channels: the page only' },
    ),
  ),
});

export const askUser = operation({
  id: 'askUser',
  method: 'post',
  path: ofMission,
  tag: 'input requests',
  scope: 'ask',
  summary: 'Send the user an input request; the mission waits for the response',
  body: Type.Object({ ...NewInputRequest.properties, agent_id: Type.Optional(Identifier) }, closed),
  query: OfUser,
  response: AskedAnswer,
  status: 201,
  refusals: ['MISSION_NOT_FOUND', 'TASK_NOT_FOUND', 'INVALID_TRANSITION', 'MISSION_CLOSED', 'QUOTA_EXCEEDED'],
});

export const getInputRequest = operation({
  id: 'getInputRequest',
  method: 'get',
  path: `${ofMission}/{request_id}`,
  tag: 'input requests',
  scope: 'ask',
  summary: 'Read an input request; with wait, wait up to that many seconds for the response',
  query: Type.Object(
    { ...OfUser.properties, wait: Type.Optional(Type.Number({ minimum: 0, maximum: 60, description: 'seconds' })) },
    closed,
  ),
  response: InputRequest,
  status: 200,
  refusals: ['MISSION_NOT_FOUND', 'INPUT_REQUEST_NOT_FOUND'],
});

const withdrawal = {
  method: 'post',
  response: WithdrawnInputRequest,
  status: 200,
  refusals: ['MISSION_NOT_FOUND', 'INPUT_REQUEST_NOT_FOUND', 'ALREADY_RESPONDED', 'REQUEST_EXPIRED'],
  deed: 'input_request.withdrawn',
} as const;

export const withdrawInputRequest = operation({
  ...withdrawal,
  id: 'withdrawInputRequest',
  path: `${ofMission}/{request_id}/withdraw`,
  tag: 'input requests',
  scope: 'ask',
  summary: 'Take one open question back; its task goes on, and nobody can respond any more',
  body: Type.Object({ ...WithdrawBody.properties, agent_id: Type.Optional(Identifier) }, closed),
  query: OfUser,
});

export const withdrawMyInputRequest = operation({
  ...withdrawal,
  id: 'withdrawMyInputRequest',
  path: '/api/v1/missions/{mission_id}/input-requests/{request_id}/withdraw',
  tag: 'for users',
  summary: 'Take back one open question of my mission, without an answer',
  body: Type.Object({ reason: WithdrawBody.properties.reason }, closed),
});

export const listMyInputRequests = operation({
  id: 'listMyInputRequests',
  method: 'get',
  path: mine,
  tag: 'for users',
  summary: 'List my input requests, the most urgent and newest first',
  query: InputRequestFilter,
  response: InputRequestPage,
  status: 200,
  refusals: [],
});

export const listPendingInputs = operation({
  ...listMyInputRequests,
  id: 'listPendingInputs',
  path: '/api/v1/missions/pending-inputs',
});

export const getMyInputRequest = operation({
  id: 'getMyInputRequest',
  method: 'get',
  path: `${mine}/{request_id}`,
  tag: 'for users',
  summary: 'One of my input requests, as it was asked, with the task that it is about',
  response: InputRequest,
  status: 200,
  refusals: ['INPUT_REQUEST_NOT_FOUND'],
});

export const listMyDecisions = operation({
  id: 'listMyDecisions',
  method: 'get',
  path: '/api/v1/history',
  tag: 'for users',
  summary: 'What I decided: question, answer, when and how; the newest first',
  query: DecisionFilter,
  response: DecisionPage,
  status: 200,
  refusals: [],
});

export const respondToInputRequest = operation({
  id: 'respondToInputRequest',
  method: 'post',
  path: `${mine}/{request_id}/respond`,
  tag: 'for users',
  summary: 'Respond to an input request',
  body: InputResponse,
  response: InputRequest,
  status: 200,
  refusals: [
    ...(['INPUT_REQUEST_NOT_FOUND', 'ALREADY_RESPONDED', 'REQUEST_EXPIRED', 'FORBIDDEN'] as const),
    ...(['CONFIRMATION_REQUIRED', 'SIGN_IN_REQUIRED'] as const),
  ],
  deed: 'input_request.responded',
});

export const verifyReceipt = operation({
  id: 'verifyReceipt',
  method: 'post',
  path: '/api/internal/receipts/verify',
  tag: 'input requests',
  scope: 'ask',
  summary: 'Whether a receipt proves that this very action was approved, by whom, and why not otherwise',
  body: Type.Object({ ...VerifyReceiptBody.properties, agent_id: Type.Optional(Identifier) }, closed),
  query: OfUser,
  response: Verdict,
  status: 200,
  refusals: [],
  repeatable: true,
});

export const inputRequestOperations = [
  askUser,
  getInputRequest,
  withdrawInputRequest,
  withdrawMyInputRequest,
  listMyInputRequests,
  listPendingInputs,
  getMyInputRequest,
  listMyDecisions,
  respondToInputRequest,
  verifyReceipt,
] as const;
