/**
 * The layers, lowest first. An import goes downward only: each entry lists the layers it may import.
 * Node built-ins and npm packages are not restricted here (the browser-safe layers are, by their tsconfig).
 */
const mayImport = {
  core: [],
  wire: ['core'],
  feed: ['core', 'wire'],
  source: ['core', 'wire', 'feed'],
  encode: ['core', 'wire', 'feed'],
  deliver: ['core', 'wire', 'feed', 'encode'],
  transport: ['deliver', 'encode', 'core'],
  access: ['core'],
  http: ['core', 'access', 'source'],
  serve: ['core', 'wire', 'feed', 'source', 'encode', 'deliver', 'transport', 'access', 'http'],
  observe: ['core', 'feed', 'source', 'deliver'],
  // Of each layer what its options default to: never a dialect, which states its settings itself.
  config: ['core', 'access', 'feed', 'http', 'observe'],
  protocol: [
    ...[
      'core',
      'wire',
      'feed',
      'source',
      'encode',
      'deliver',
      'transport',
      'access',
      'http',
      'serve',
      'config',
    ],
  ],
  demo: ['core'],
  client: ['core', 'wire'],
  dashboard: ['client', 'core'],
};

const layerRules = Object.entries(mayImport).map(([layer, allowed]) => ({
  name: `layer-${layer}`,
  comment: `${layer}/ may import ${allowed.length > 0 ? allowed.join(', ') : 'no other layer'}`,
  severity: 'error',
  from: { path: `^src/${layer}/` },
  to: { path: '^src/', pathNot: `^src/(${[layer, ...allowed].join('|')})/` },
}));

module.exports = {
  forbidden: [
    ...layerRules,
    {
      name: 'protocols-are-leaves',
      comment: 'one dialect never imports another; the contract is above them all',
      severity: 'error',
      from: { path: '^src/protocol/([^/]+)/' },
      to: { path: '^src/protocol/', pathNot: '^src/protocol/($1/|dialect\\.ts$)' },
    },
    {
      name: 'dialects-are-listed',
      comment: 'a dialect is reached by the list of them alone, so that deleting it removes it whole',
      severity: 'error',
      from: { path: '^src/', pathNot: '^src/(protocol/|dialects\\.ts$)' },
      to: { path: '^src/protocol/', pathNot: '^src/protocol/dialect\\.ts$' },
    },
    { name: 'no-circular', severity: 'error', from: {}, to: { circular: true } },
    { name: 'no-orphans', severity: 'error', from: { orphan: true, path: '^src/' }, to: {} },
    { name: 'src-not-test', severity: 'error', from: { path: '^src/' }, to: { path: '^test/' } },
    {
      name: 'no-dev-dependency-in-src',
      severity: 'error',
      // What the dashboard imports is in its bundle; React is brought by whoever uses the hook.
      from: { path: '^src/', pathNot: '^src/(dashboard/|client/react\\.ts$)' },
      to: { dependencyTypes: ['npm-dev'], dependencyTypesNot: ['type-only'] },
    },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['import', 'require', 'node', 'default', 'types'],
    },
  },
};
