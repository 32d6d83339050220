/** Series of metrics with their values, minute by minute, in promtool's form: `5+0x35` is 5 for 35 minutes. */
type Series = Readonly<Record<string, string>>;

interface Situations {
  /** Each has the alert fire. */
  readonly trips: readonly Series[];
  /** None has. */
  readonly calm: readonly Series[];
}

const always = (value: number): string => `${value}+0x35`;
const rising = (perMinute: number): string => `0+${perMinute}x35`;
/** All is well but for the last few minutes, which is no alert yet. */
const lately = (well: number, ill: number): string => `${well}+0x29 ${ill}+0x10`;

const each = (names: readonly string[]): Series =>
  Object.fromEntries(names.map((name) => [`missions_build_info{service="${name}", version="1"}`, always(1)]));
const without = (names: readonly string[], gone: string): Series => each(names.filter((name) => name !== gone));
const all = ['mission', 'approval', 'scheduler', 'email-bridge', 'notifier', 'gateway', 'keep-streams'];

/** One gauge that trips above or below a bound. */
const gauge = (name: string, ill: number, well: number): Situations => ({
  trips: [{ [name]: always(ill) }],
  calm: [{ [name]: always(well) }],
});

const relays = (first: number, second: number): Series => ({
  'missions_relay_active{schema="mission", instance="a"}': always(first),
  'missions_relay_active{schema="mission", instance="b"}': always(second),
});
const consumer = (pending: number, acknowledged: string): Series => ({
  'missions_consumer_pending{stream="MISSION", consumer="scheduler"}': always(pending),
  'missions_consumer_unacknowledged{stream="MISSION", consumer="scheduler"}': always(0),
  'missions_consumer_acknowledged_sequence{stream="MISSION", consumer="scheduler"}': acknowledged,
});
const calls = (failed: number): Series => ({
  'missions_http_request_seconds_count{status="200", method="GET", route="/a"}': rising(1_000),
  'missions_http_request_seconds_count{status="404", method="GET", route="/a"}': rising(500),
  'missions_http_request_seconds_count{status="503", method="GET", route="/a"}': rising(failed),
});
const requests = (fast: number, verb = 'create'): Series => ({
  [`missions_request_seconds_bucket{service="mission", verb="${verb}", outcome="ok", le="1"}`]: rising(fast),
  [`missions_request_seconds_bucket{service="mission", verb="${verb}", outcome="ok", le="5"}`]: rising(1_000),
  [`missions_request_seconds_bucket{service="mission", verb="${verb}", outcome="ok", le="+Inf"}`]: rising(1_000),
});
const stream = (bytes: number, bound: number): Series => ({
  'missions_stream_bytes{stream="MISSION"}': always(bytes),
  'missions_stream_max_bytes{stream="MISSION"}': always(bound),
});

/** Of each alert of deploy/observe/rules.yml. */
export const situations: Readonly<Record<string, Situations>> = {
  MissionsServiceAway: { trips: all.map((name) => without(all, name)), calm: [each(all)] },
  MissionsRelayNotActive: { trips: [relays(0, 0)], calm: [relays(1, 0), relays(0, 1)] },
  MissionsRelayTwice: { trips: [relays(1, 1)], calm: [relays(1, 0), relays(0, 0)] },
  MissionsOutboxOld: gauge('missions_outbox_oldest_seconds{schema="mission"}', 61, 5),
  MissionsNatsAway: gauge('missions_nats_connected{service="mission"}', 0, 1),
  MissionsStreamFull: { trips: [stream(90, 100)], calm: [stream(50, 100), stream(90, -1)] },
  MissionsConsumerStuck: {
    trips: [consumer(5, always(100))],
    calm: [consumer(5, rising(10)), consumer(0, always(100))],
  },
  MissionsConsumerBehind: gauge('missions_consumer_pending{stream="MISSION", consumer="scheduler"}', 20_000, 100),
  MissionsDeadLetters: gauge('missions_dead_letters', 1, 0),
  MissionsTimersOverdue: gauge('missions_timers_oldest_overdue_seconds', 90, 1),
  MissionsQuestionsUnanswered: {
    trips: [
      { 'missions_questions_oldest_seconds{urgency="high"}': always(5 * 3_600) },
      { 'missions_questions_oldest_seconds{urgency="normal"}': always(4 * 86_400) },
    ],
    calm: [
      { 'missions_questions_oldest_seconds{urgency="high"}': always(3_600) },
      { 'missions_questions_oldest_seconds{urgency="normal"}': always(86_400) },
      { 'missions_questions_oldest_seconds{urgency="low"}': always(6 * 86_400) },
    ],
  },
  MissionsMailWaiting: {
    trips: [{ missions_mail_oldest_seconds: rising(60) }],
    calm: [{ missions_mail_oldest_seconds: always(300) }, { missions_mail_oldest_seconds: lately(0, 1_000) }],
  },
  MissionsMailSetAside: gauge('missions_mail_set_aside', 1, 0),
  MissionsNoticesWaiting: gauge('missions_notices_oldest_seconds{channel="push"}', 4_000, 600),
  MissionsWebhookDisabled: gauge('missions_webhooks{state="disabled"}', 1, 0),
  MissionsWebhookFailing: gauge('missions_webhooks_oldest_failing_seconds', 50_000, 3_600),
  MissionsRunsUnclaimed: gauge('missions_runs_oldest_queued_seconds', 2_000, 60),
  MissionsRunsAbandoned: {
    trips: [{ missions_runs_abandoned_total: rising(1) }],
    calm: [{ missions_runs_abandoned_total: '0+0x25 1+0x10' }],
  },
  MissionsPushEndpointAway: gauge('missions_push_endpoint_up', 0, 1),
  MissionsErrors: { trips: [calls(50)], calm: [calls(0), calls(5)] },
  MissionsSlow: { trips: [requests(900)], calm: [requests(1_000), requests(0, 'claim')] },
  MissionsEventLoopSlow: gauge('nodejs_eventloop_lag_p99_seconds{service="mission"}', 0.8, 0.02),
  MissionsPoolExhausted: gauge('missions_database_connections{schema="mission", state="waited_for"}', 4, 0),
  MissionsCertificateEnds: gauge(
    'missions_certificate_ends_timestamp_seconds{service="email-bridge", use="inbound smtp"}',
    10 * 86_400,
    90 * 86_400,
  ),
};
