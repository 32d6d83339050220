/**
 * Which folder may import which; `npm run check` runs this. Paths are regular expressions from the project's root, as
 * the tool wants them.
 *
 *     contracts ← runtime ← http, messaging, persistence ← service-kit ← services
 *     in a service: domain ← store ← commands ← requests, subscriptions, jobs ← service.ts ← main.ts
 */

const CONTRACTS = '^shared/contracts/';
const RUNTIME = '^shared/runtime/';
const HTTP = '^shared/http/';
const MESSAGING = '^shared/messaging/';
const PERSISTENCE = '^shared/persistence/';
const KIT = '^shared/service-kit/';
const RECEIPTS = '^shared/receipts/';
const CLIENT = '^shared/client/';
const AGENT_TOOLS = '^shared/agent-tools/';
const EVENTS = '^shared/events/';
const EXAMPLES = '^shared/examples/';
const SUPPORT = '^test/support/';

const OURS = '^(shared|services|deploy|test)/';
/** Specs, what is there for specs, and the programs that specs start. */
const TESTING = '[.](spec|sample)[.]ts$|/testing/';
/** What specs may import on top of what their folder may. */
const FOR_SPECS = [SUPPORT, '^deploy/', TESTING];

/** Of our code, the files of a folder import what is `allowed` only. `$1` there is the first group of `from`. */
const product = (name, from, allowed) => ({
  name,
  severity: 'error',
  from: { path: from, pathNot: TESTING },
  to: { path: OURS, pathNot: allowed },
});
/** The same, for the product and the specs of a package. */
const folder = (name, from, allowed) => [
  product(name, from, allowed),
  {
    name: `${name} (specs)`,
    severity: 'error',
    from: { path: `${from}.*(${TESTING})` },
    to: { path: OURS, pathNot: [...allowed, ...FOR_SPECS] },
  },
];

const EVERY_SERVICE = ['^services/$1/', CONTRACTS, RUNTIME, HTTP, MESSAGING, PERSISTENCE, KIT, RECEIPTS];
/** The parts of the scheduler, each with layers of its own. */
const PARTS = 'timers/|runs/';
/** A layer's folder, in the service or in one of its parts. The page, which has no database, has no such layers. */
const layer = (names) => `^services/((?!dashboard/)[^/]+)/(?:${PARTS})?(?:${names})/`;
const ownLayers = (names) => `^services/$1/(?:${PARTS})?(?:${names})/`;
/** The ways in which work enters a service. They meet in its commands and nowhere else. */
const ENTRIES = ['requests', 'subscriptions', 'jobs'];

export default {
  forbidden: [
    { name: 'no circles', severity: 'error', from: {}, to: { circular: true } },
    {
      name: 'every import is found',
      severity: 'error',
      from: { pathNot: 'test/runner/samples/' },
      // The packages of examples in large frameworks are installed for their test only.
      to: { couldNotResolve: true, pathNot: '^@(langchain|mastra|openai)/' },
    },
    {
      name: 'nobody imports a main.ts',
      comment: 'Importing a main.ts would start a service.',
      severity: 'error',
      from: {},
      to: { path: '(^|/)main[.]ts$' },
    },
    {
      name: 'product imports no tests',
      severity: 'error',
      from: { path: '^(shared|services|deploy)/', pathNot: TESTING },
      to: { path: `^test/|${TESTING}` },
    },
    {
      name: 'another package is imported by its name',
      comment: 'A relative path out of a package goes round the manifest that says what the package needs.',
      severity: 'error',
      from: { path: '^(test|deploy|[^/]+/[^/]+)/' },
      to: { path: OURS, pathNot: '^$1/', dependencyTypes: ['local'] },
    },
    {
      name: 'only shared/messaging imports nats',
      comment: 'Moving to another line of the client is then a change of one folder, and of the package for others.',
      severity: 'error',
      from: { pathNot: [MESSAGING, EVENTS, EXAMPLES] },
      to: { path: '(^|node_modules/)(nats|@nats-io)(/|$)' },
    },
    {
      name: 'the environment is read in config.ts',
      comment: '`import { env } from "node:process"` would go round the linter, which looks for process.env.',
      severity: 'error',
      from: { path: '^(shared|services)/', pathNot: `(^|/)config[.]ts$|${EXAMPLES}|${TESTING}` },
      to: { path: '^(node:)?process$', dependencyTypes: ['core'] },
    },

    ...folder('contracts', CONTRACTS, [CONTRACTS]),
    {
      name: 'contracts import the schema library only',
      severity: 'error',
      from: { path: CONTRACTS, pathNot: `${TESTING}|^shared/contracts/asyncapi/` },
      to: { dependencyTypesNot: ['local', 'core'], pathNot: 'node_modules/(typebox|ajv)' },
    },
    ...folder('runtime', RUNTIME, [RUNTIME]),
    ...folder('http', HTTP, [HTTP, CONTRACTS, RUNTIME]),
    ...folder('messaging', MESSAGING, [MESSAGING, CONTRACTS, RUNTIME]),
    ...folder('persistence', PERSISTENCE, [PERSISTENCE, CONTRACTS, RUNTIME]),
    ...folder('service-kit', KIT, [KIT, CONTRACTS, RUNTIME, HTTP, MESSAGING, PERSISTENCE]),
    ...folder('receipts', RECEIPTS, [RECEIPTS, CONTRACTS]),
    ...folder('client', CLIENT, [CLIENT, CONTRACTS, RECEIPTS]),
    ...folder('agent-tools', AGENT_TOOLS, [AGENT_TOOLS, CONTRACTS, CLIENT, RUNTIME]),

    // Of the messaging, the translation of events alone: it needs no connection of ours.
    product('events', EVENTS, [EVENTS, CONTRACTS, '^shared/messaging/cloudevents[.]ts$']),
    // Programs of others: they import what is published.
    product('examples', EXAMPLES, [
      EXAMPLES,
      '^shared/(client|agent-tools|events)/published[.]ts$',
      '^shared/agent-tools/formats/ai-sdk[.]ts$',
    ]),

    // A service imports no other service, so that each can be deployed, scaled and replaced alone.
    ...folder('services', '^services/((?!gateway/|agent/|dashboard/)[^/]+)/', EVERY_SERVICE),
    // The gateway serves the tools of agents over MCP.
    ...folder('gateway', '^services/(gateway)/', [...EVERY_SERVICE, CLIENT, AGENT_TOOLS]),
    // The page runs in browsers: it reaches the product through the gateway alone.
    ...folder('dashboard', '^services/(dashboard)/', ['^services/$1/', CLIENT]),
    // The reference agent is an agent like any other: it reaches the product through the gateway alone.
    ...folder('agent', '^services/(agent)/', ['^services/$1/', CONTRACTS, RUNTIME, HTTP, KIT, CLIENT, AGENT_TOOLS]),

    // Time, ids and randomness come in as data; a domain imports contracts and itself.
    product('domain', layer('domain'), [CONTRACTS, ownLayers('domain')]),
    {
      name: 'a domain imports no package',
      severity: 'error',
      from: { path: layer('domain'), pathNot: TESTING },
      to: { pathNot: OURS },
    },
    product('store', layer('store'), [ownLayers('domain|store'), CONTRACTS, RUNTIME, PERSISTENCE, KIT]),
    // load → decide → save, whether a request, an event or a job brought the command.
    product('commands', layer('commands'), [
      ownLayers('domain|store|commands'),
      // The type of what a service's handlers are given.
      `^services/$1/(?:${PARTS})?context[.]ts$`,
      ...[CONTRACTS, RUNTIME, MESSAGING, PERSISTENCE, KIT],
    ]),
    ...ENTRIES.map((entry) => ({
      name: `${entry} import no other entry`,
      severity: 'error',
      from: { path: layer(entry), pathNot: TESTING },
      to: { path: ownLayers(['admin', ...ENTRIES.filter((other) => other !== entry)].join('|')) },
    })),
    product('admin', layer('admin'), [
      // The keys and sessions are the gateway's store.
      ownLayers('domain|store|admin|keys|sessions'),
      '^services/$1/(service|config)[.]ts$',
      ...[CONTRACTS, RUNTIME, MESSAGING, PERSISTENCE, KIT],
    ]),

    // The launcher imports nothing of the product, because it must start what is broken.
    ...folder('deploy/process', '^deploy/process/', ['^deploy/process/']),
    ...folder('deploy/dev-servers', '^deploy/dev-servers/', ['^deploy/(process|dev-servers)/']),
    ...folder('deploy/local', '^deploy/local/', ['^deploy/(process|dev-servers|local)/']),
    ...folder('deploy/release', '^deploy/release/', ['^deploy/release/']),
    ...folder('deploy/containers', '^deploy/containers/', ['^deploy/(process|containers)/', CLIENT]),
    ...folder('deploy/nats', '^deploy/nats/', ['^deploy/nats/']),
    ...folder('deploy/cli', '^deploy/cli/', [
      '^deploy/cli/',
      // Where `npm start` stores its secrets, and which services there are.
      '^deploy/local/(secrets|services)[.]ts$',
      // What the administrator of the database sets up.
      '^deploy/dev-servers/provision[.]ts$',
      '^deploy/nats/',
      ...[CONTRACTS, RUNTIME, KIT],
    ]),
  ],
  options: {
    // TypeScript 7 has no parser for JavaScript programs.
    parser: 'swc',
    // Types are imports too: a wall that types go through is none.
    tsPreCompilationDeps: true,
    moduleSystems: ['es6'],
    doNotFollow: { path: 'node_modules' },
    exclude: { path: '^deploy/local/node/' },
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['import', 'node', 'default'],
      extensions: ['.ts', '.tsx', '.js', '.json'],
    },
  },
};
