import { LAST_APPLIED_ANNOTATION } from '../../api/metadata.ts';
import type { Body, LiveObject, ObjectName, Owner, WantedOutput } from './output.ts';
import { createBody, patchBody } from './output.ts';
import type { OpenVerdict } from './ownership.ts';

/** What is to be written, in order. Each action carries the preconditions that make it safe. */
export type Action =
  /** POST; answered 409 when somebody was faster. */
  | {
      readonly kind: 'Create';
      readonly target: ObjectName;
      readonly output: WantedOutput;
      readonly body: Body;
    }
  /** JSON merge patch with uid and resourceVersion. */
  | {
      readonly kind: 'Patch';
      readonly target: ObjectName;
      readonly change: Change;
      readonly body: Body;
    }
  /** Delete with preconditions, then POST: for objects of ours, or left to us, that no patch can mend. */
  | {
      readonly kind: 'Replace';
      readonly target: ObjectName;
      readonly live: LiveObject;
      readonly body: Body;
    }
  /** Delete with preconditions; where `after` is named, only once that object is in place. */
  | {
      readonly kind: 'Delete';
      readonly live: LiveObject;
      readonly after?: ObjectName;
    };

/** Why a live object is patched; it becomes the event's reason. */
export type Change =
  | { readonly kind: 'Refresh' }
  | { readonly kind: 'Adopt'; readonly note: string }
  | { readonly kind: 'Narrow' };

/** The place that an output is written to. */
export interface Place {
  readonly namespace: string;
  readonly owner: Owner;
}

/** The actions that turn what the verdict found into `wanted`; none when nothing differs. */
export function writeActions(
  verdict: OpenVerdict,
  wanted: WantedOutput,
  change: Change,
  { namespace, owner }: Place,
): readonly Action[] {
  const { target } = wanted;
  switch (verdict.kind) {
    case 'Create': {
      const body = createBody(wanted, namespace, owner);
      return verdict.leftover === undefined
        ? [{ kind: 'Create', target, output: wanted, body }]
        : [{ kind: 'Replace', target, live: verdict.leftover, body }];
    }
    case 'Replace':
      return patchBody(verdict.live, wanted, owner) === undefined
        ? []
        : [
            {
              kind: 'Replace',
              target,
              live: verdict.live,
              body: createBody(wanted, namespace, owner),
            },
          ];
    case 'Update':
    case 'Adopt': {
      // The logins that the object had when somebody applied it stand there, and nobody needs them now.
      const dropped = verdict.kind === 'Adopt' ? [LAST_APPLIED_ANNOTATION] : [];
      const body = patchBody(verdict.live, wanted, owner, dropped);
      return body === undefined ? [] : [{ kind: 'Patch', target, change, body }];
    }
  }
}
