import { z } from 'zod';
import { GROUP, VERSION } from './metadata.ts';
import { MIRRORAUTH_KIND, MIRRORAUTH_PLURAL, mirrorAuthSchema } from './mirrorauth.ts';

/** A JSON schema node as `apiextensions.k8s.io/v1` takes it. */
export type SchemaNode = { [key: string]: unknown };

/** The CustomResourceDefinition of MirrorAuth, made from its zod schema. */
export function mirrorAuthCrd(): SchemaNode {
  return {
    apiVersion: 'apiextensions.k8s.io/v1',
    kind: 'CustomResourceDefinition',
    metadata: {
      name: `${MIRRORAUTH_PLURAL}.${GROUP}`,
      annotations: {
        // Deleting the CRD deletes every MirrorAuth and with it every output in the cluster.
        'argocd.argoproj.io/sync-options': 'Prune=false,Delete=false',
        'helm.sh/resource-policy': 'keep',
      },
    },
    spec: {
      group: GROUP,
      scope: 'Namespaced',
      names: {
        kind: MIRRORAUTH_KIND,
        listKind: `${MIRRORAUTH_KIND}List`,
        plural: MIRRORAUTH_PLURAL,
        singular: MIRRORAUTH_KIND.toLowerCase(),
        shortNames: ['mauth'],
        categories: ['mirrorauth'],
      },
      versions: [
        {
          name: VERSION,
          served: true,
          storage: true,
          subresources: { status: {} },
          additionalPrinterColumns: printerColumns,
          schema: { openAPIV3Schema: rootSchema(mirrorAuthSchema) },
        },
      ],
    },
  };
}

const condition = (field: string): string => `.status.conditions[?(@.type=="Ready")].${field}`;

const printerColumns = [
  { name: 'Ready', type: 'string', jsonPath: condition('status') },
  { name: 'Reason', type: 'string', jsonPath: condition('reason') },
  { name: 'Pull-Secret', type: 'string', jsonPath: '.spec.pullSecret.name' },
  {
    name: 'BuildKit-Config',
    type: 'string',
    jsonPath: '.spec.buildkitConfig.name',
    priority: 1,
  },
  { name: 'Message', type: 'string', jsonPath: condition('message'), priority: 1 },
  { name: 'Age', type: 'date', jsonPath: '.metadata.creationTimestamp' },
];

/**
 * The schema of a whole object. `metadata` is the server's own: a CRD may restrict its name only by
 * the rules at the root, so the node is replaced by the bare type.
 */
export function rootSchema(schema: z.ZodType): SchemaNode {
  const root = z.toJSONSchema(schema, {
    target: 'openapi-3.0',
    io: 'input',
    unrepresentable: 'throw',
    cycles: 'throw',
    override: ({ jsonSchema }) => {
      adaptNode(jsonSchema);
    },
  });
  const { properties, required, ...rest } = root;
  return {
    ...rest,
    properties: {
      apiVersion: { type: 'string', description: `${GROUP}/${VERSION}.` },
      kind: { type: 'string', description: `${MIRRORAUTH_KIND}.` },
      ...properties,
      metadata: { type: 'object' },
    },
    required: required?.filter((key) => key !== 'metadata'),
  };
}

/** Turns what zod emits into what a structural schema may hold. */
function adaptNode(node: SchemaNode): void {
  if (node['format'] === 'date-time') {
    // The server checks the format itself; zod's pattern for it has 400 characters.
    delete node['pattern'];
  }
  if (node['type'] === 'integer') {
    node['format'] = 'int64';
    // zod's bounds of a JavaScript number; an int64 field has no use for them.
    if (node['minimum'] === Number.MIN_SAFE_INTEGER) {
      delete node['minimum'];
    }
    if (node['maximum'] === Number.MAX_SAFE_INTEGER) {
      delete node['maximum'];
    }
  }
}

const NOT_STRUCTURAL = [
  '$ref',
  'definitions',
  'oneOf',
  'anyOf',
  'allOf',
  'not',
  'const',
  'propertyNames',
  'uniqueItems',
] as const;

/**
 * What the API server would refuse, or accept and regret, in a schema: said here by path, before a
 * cluster says it. An empty list is a good schema. Source: kubernetes.io "Extend the Kubernetes API
 * with CustomResourceDefinitions", Specifying a structural schema.
 */
export function schemaFaults(node: SchemaNode, path = 'schema'): readonly string[] {
  const own = [
    ...NOT_STRUCTURAL.filter((keyword) => keyword in node).map((keyword) => `${path}: ${keyword}`),
    ...missing(node, path),
  ];
  return [...own, ...children(node, path).flatMap(([child, at]) => schemaFaults(child, at))];
}

/** Root nodes that the API server describes and bounds by itself. */
const SERVER_OWNED: ReadonlySet<string> = new Set([
  'schema',
  'schema.apiVersion',
  'schema.kind',
  'schema.metadata',
]);

function missing(node: SchemaNode, path: string): readonly string[] {
  const type = node['type'];
  const needs: readonly (readonly [boolean, string])[] = [
    [type === undefined, 'no type'],
    [node['description'] === undefined && !SERVER_OWNED.has(path), 'no description'],
    [type === 'array' && node['maxItems'] === undefined, 'no maxItems'],
    [type === 'array' && node['x-kubernetes-list-type'] === undefined, 'no list type'],
    [type === 'string' && !isBounded(node) && !SERVER_OWNED.has(path), 'no bound'],
    [
      node['additionalProperties'] !== undefined && node['maxProperties'] === undefined,
      'no maxProperties',
    ],
    [path.includes('.spec') && node['default'] !== undefined, 'a default in spec'],
    [hasLookaround(node['pattern']), 'a pattern that RE2 cannot read'],
  ];
  return needs.filter(([fails]) => fails).map(([, fault]) => `${path}: ${fault}`);
}

function hasLookaround(pattern: unknown): boolean {
  return typeof pattern === 'string' && /\(\?[=!<]/.test(pattern);
}

function isBounded(node: SchemaNode): boolean {
  const hasPattern = node['pattern'] !== undefined && node['maxLength'] !== undefined;
  return hasPattern || node['enum'] !== undefined || node['format'] === 'date-time';
}

function children(node: SchemaNode, path: string): readonly (readonly [SchemaNode, string])[] {
  const properties = isNode(node['properties']) ? Object.entries(node['properties']) : [];
  const named = properties.map(([name, child]) => [child, `${path}.${name}`] as const);
  return [
    ...named,
    [node['items'], `${path}[]`] as const,
    [node['additionalProperties'], `${path}{}`] as const,
  ].flatMap(([child, at]) => (isNode(child) ? [[child, at] as const] : []));
}

function isNode(value: unknown): value is SchemaNode {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
