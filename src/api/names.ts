import { z } from 'zod';
import { withRules } from './rule.ts';
import type { Rule } from './rule.ts';

/** Schemas of the names that Kubernetes itself defines. */

const OBJECT_NAME = /^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$/;

/** Name of a Secret or ConfigMap: a DNS subdomain (kubernetes.io "Object Names and IDs"). */
export const objectName = (description: string): z.ZodString =>
  z
    .string()
    .min(1)
    .max(253)
    .regex(
      OBJECT_NAME,
      'write lower-case letters, digits, - and ., with a letter or digit at both ends and around each .',
    )
    .meta({ description });

/** Key of a Secret's or ConfigMap's `data` (k8s.io/apimachinery IsConfigMapKey, v0.37). */
export const dataKey = (description: string): z.ZodString =>
  z
    .string()
    .min(1)
    .max(253)
    .regex(/^[-._a-zA-Z0-9]+$/, 'write letters, digits, -, _ and .')
    .meta({ description });

const LABEL_VALUE = /^([A-Za-z0-9]([-A-Za-z0-9_.]*[A-Za-z0-9])?)?$/;
const LABEL_NAME = /^[A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?$/;
const DNS_SUBDOMAIN_MAX = 253;

/** Prefixes whose labels mean something to other programs, or to this one. */
const RESERVED_LABEL_PREFIXES = ['kubernetes.io', 'argocd.argoproj.io', 'mirrorauth.dev'] as const;

function isQualifiedName(key: string): boolean {
  const slash = key.indexOf('/');
  const prefix = slash < 0 ? undefined : key.slice(0, slash);
  const prefixIsFine =
    prefix === undefined || (prefix.length <= DNS_SUBDOMAIN_MAX && OBJECT_NAME.test(prefix));
  return prefixIsFine && LABEL_NAME.test(key.slice(slash + 1));
}

function isReserved(key: string): boolean {
  const [prefix, name] = key.split('/');
  return (
    name !== undefined &&
    RESERVED_LABEL_PREFIXES.some((one) => prefix === one || prefix?.endsWith(`.${one}`))
  );
}

const MAX_LABELS = 16;

const LABEL_RULES: readonly Rule<Readonly<Record<string, string>>>[] = [
  {
    cel: `self.size() <= ${MAX_LABELS}`,
    message: `at most ${MAX_LABELS} labels`,
    holds: (labels) => Object.keys(labels).length <= MAX_LABELS,
  },
  {
    cel: 'self.all(k, !format.qualifiedName().validate(k).hasValue())',
    message:
      'a label key is [prefix/]name: letters, digits, "-", "_" and "."; the name has at most 63 characters',
    holds: (labels) => Object.keys(labels).every(isQualifiedName),
  },
  {
    cel: `self.all(k, !k.matches('^([^/]*[.])?(${RESERVED_LABEL_PREFIXES.join('|').replaceAll('.', '[.]')})/'))`,
    message: `label prefixes ${RESERVED_LABEL_PREFIXES.join(', ')} mean something to other programs: use another`,
    holds: (labels) => !Object.keys(labels).some(isReserved),
  },
];

/** Labels that a user wants on an output. */
export const outputLabels = (description: string): z.ZodRecord<z.ZodString, z.ZodString> =>
  withRules(
    z.record(
      z.string(),
      z
        .string()
        .max(63)
        .regex(
          LABEL_VALUE,
          'write letters, digits, -, _ and ., with a letter or digit at both ends, or ""',
        )
        .meta({ description: 'Value.' }),
    ),
    description,
    LABEL_RULES,
    // Without it the API server takes the map for endless and the rules for too costly.
    { maxProperties: MAX_LABELS },
  );
