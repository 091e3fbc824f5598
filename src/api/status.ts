import { z } from 'zod';
import { CONDITION_TYPES } from './conditions.ts';
import { RECONCILE_REQUEST_MAX_LENGTH } from './metadata.ts';

/** Status of a MirrorAuth: names of objects and hosts, never a value out of a Secret. */

const ASCII = /^[ -~]*$/;
const text = (max: number, description: string): z.ZodString =>
  z.string().max(max).regex(ASCII).meta({ description });

/** `metav1.Condition` (k8s.io/apimachinery v0.37 pkg/apis/meta/v1/types.go). */
const condition = z
  .object({
    type: z
      .string()
      .max(316)
      .regex(/^[A-Za-z0-9]([-A-Za-z0-9_./]*[A-Za-z0-9])?$/)
      .meta({ description: `One of ${CONDITION_TYPES.join(', ')}.` }),
    status: z.enum(['True', 'False', 'Unknown']).meta({ description: 'True, False or Unknown.' }),
    reason: z
      .string()
      .min(1)
      .max(1024)
      .regex(/^[A-Za-z]([A-Za-z0-9_,:]*[A-Za-z0-9_])?$/)
      .meta({ description: 'Why, in one word; docs/reasons has a page of it.' }),
    message: text(32_768, 'Why, in a sentence, and what to do.'),
    lastTransitionTime: z.iso
      .datetime()
      .meta({ description: 'When status last changed, RFC 3339, UTC.' }),
    observedGeneration: z
      .int()
      .min(0)
      .meta({ description: 'metadata.generation that this condition speaks of.' })
      .optional(),
  })
  .meta({ description: 'One condition.' });

const entry = z
  .object({
    host: text(249, 'Host that the entry speaks of.'),
    type: z
      .enum(['SecretRef', 'DuplicateOf', 'Anonymous'])
      .meta({ description: 'The type of the credentials in spec.' }),
    duplicateOf: text(249, 'Host whose credential was duplicated.').optional(),
    secretName: text(253, 'Secret that the credential comes from.').optional(),
    state: z.enum(['Current', 'Kept', 'Missing', 'Refused', 'Anonymous', 'Omitted']).meta({
      description:
        'Current: as its source says now. Kept: its source cannot be read now, the last good credential stays. Missing: there is none. Refused: there is one that is not written; the conditions say why. Anonymous: none is wanted. Omitted: spec says so.',
    }),
  })
  .meta({ description: 'One host.' });

/** Most warnings that status tells, and the longest message: an event's note takes as much. */
export const WARNINGS_MAX = 32;
export const WARNING_MAX_LENGTH = 1_024;

const warning = z
  .object({
    reason: z
      .string()
      .min(1)
      .max(64)
      .regex(/^[A-Za-z]+$/)
      .meta({ description: 'What, in one word; docs/reasons has a page of it.' }),
    message: text(WARNING_MAX_LENGTH, 'What is so, and what to write instead.'),
  })
  .meta({ description: 'One warning.' });

export const mirrorAuthStatus = z
  .object({
    observedGeneration: z
      .int()
      .min(-1)
      .meta({ description: 'metadata.generation that was last looked at; -1: none yet.' })
      .optional(),
    conditions: z
      .array(condition)
      .max(16)
      .meta({
        description: 'What is true of this object now.',
        'x-kubernetes-list-type': 'map',
        'x-kubernetes-list-map-keys': ['type'],
      })
      .optional(),
    warnings: z
      .array(warning)
      .max(WARNINGS_MAX)
      .meta({
        description:
          'What is done all the same, although it may not be what was meant. Absent: nothing.',
        'x-kubernetes-list-type': 'atomic',
      })
      .optional(),
    pullSecret: z
      .object({
        name: text(253, 'Name of the Secret that is kept.'),
        entries: z
          .array(entry)
          .max(64)
          .meta({
            description: 'Which host is given which credential; names only.',
            'x-kubernetes-list-type': 'atomic',
          })
          .optional(),
      })
      .meta({ description: 'The pull Secret. Absent: none is wanted.' })
      .optional(),
    buildkitConfig: z
      .object({
        name: text(253, 'Name of the ConfigMap that is kept.'),
        revision: text(64, 'Hash of the bytes of the ConfigMap.').optional(),
      })
      .meta({ description: 'The buildkitd ConfigMap. Absent: none is wanted.' })
      .optional(),
    lastHandledReconcileAt: text(
      RECONCILE_REQUEST_MAX_LENGTH,
      'Value of the annotation mirrorauth.dev/reconcile-requested-at that was last answered.',
    ).optional(),
  })
  .meta({
    description: 'What mirrorauth found and wrote. Written by mirrorauth alone.',
    default: { observedGeneration: -1 },
  });

export type MirrorAuthStatus = z.output<typeof mirrorAuthStatus>;
export type Condition = z.output<typeof condition>;
export type StatusEntry = z.output<typeof entry>;
export type StatusWarning = z.output<typeof warning>;
export type EntryState = StatusEntry['state'];
