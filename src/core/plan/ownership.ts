import type { Problem } from '../../api/conditions.ts';
import { ADOPT_ANNOTATION, GROUP } from '../../api/metadata.ts';
import type { Live, Rival, Subject } from './observed.ts';
import { controllerOf, PULL_SECRET_TYPE } from './output.ts';
import type { LiveObject, ObjectName, OwnerReference } from './output.ts';

/**
 * Whose an object is, and so what may be done with it. The uid of the controller decides, never a
 * label or a name; an object of somebody else is touched only by consent written on it.
 */
export type Verdict =
  /** There is none, or one that an earlier MirrorAuth of the name left and that goes first: POST one. */
  | { readonly kind: 'Create'; readonly leftover?: LiveObject }
  /** It is ours: patch it. */
  | { readonly kind: 'Update'; readonly live: LiveObject }
  /** It consents to be taken over: patch it, once everything that goes into it is known. */
  | { readonly kind: 'Adopt'; readonly live: LiveObject }
  /** It is ours and cannot be patched into what is wanted: delete it and POST another. */
  | { readonly kind: 'Replace'; readonly live: LiveObject }
  | { readonly kind: 'Refused'; readonly problem: Problem };

/** A verdict under which the object may be written. */
export type OpenVerdict = Exclude<Verdict, { kind: 'Refused' }>;

export interface Claim {
  readonly subject: Subject;
  readonly target: ObjectName;
  readonly live: Live;
  readonly rivals: readonly Rival[];
}

export function decideOwnership(claim: Claim): Verdict {
  const { live, target } = claim;
  if (live.kind === 'AccessDenied') {
    return refused(
      'AccessDenied',
      `${nameOf(target)} cannot be read: grant the operator get on it`,
    );
  }
  if (live.kind === 'Absent') {
    return verdictOnAbsent(claim);
  }
  for (const rule of RULES) {
    const verdict = rule(claim, live.object);
    if (verdict !== undefined) {
      return verdict;
    }
  }
  const said = live.object.annotations[ADOPT_ANNOTATION];
  return refused(
    'TargetNotOwned',
    said === undefined
      ? `${nameOf(target)} exists and was not made for this MirrorAuth: choose another name, delete it, or annotate it with ${consent(claim)} to hand it over`
      : `${nameOf(target)} is not handed over to this MirrorAuth: its annotation has to be ${consent(claim)}`,
  );
}

/** How an object is written that is known to be ours. */
export function verdictOnOurs(live: LiveObject): OpenVerdict {
  return live.isImmutable || !hasRightType(live)
    ? { kind: 'Replace', live }
    : { kind: 'Update', live };
}

/** For messages: `Secret ci-pull`. */
export function nameOf({ kind, name }: ObjectName): string {
  return `${kind} ${name}`;
}

function verdictOnAbsent({ subject, target, rivals }: Claim): Verdict {
  const older = rivals.find((rival) => wants(rival, target) && isBefore(rival, subject));
  return older === undefined ? { kind: 'Create' } : conflict(target, older);
}

type OwnershipRule = (claim: Claim, live: LiveObject) => Verdict | undefined;

const RULES: readonly OwnershipRule[] = [
  terminatingIsWaitedFor,
  oursIsKept,
  consentHandsOver,
  namesakeIsReplaced,
  rivalKeepsIt,
];

function terminatingIsWaitedFor({ target }: Claim, live: LiveObject): Verdict | undefined {
  return live.isTerminating
    ? refused('TargetReplacing', `${nameOf(target)} is being deleted: waiting until it is gone`)
    : undefined;
}

function oursIsKept({ subject }: Claim, live: LiveObject): Verdict | undefined {
  if (controllerOf(live.ownerReferences)?.uid !== subject.owner.uid) {
    return undefined;
  }
  return verdictOnOurs(live);
}

function consentHandsOver(claim: Claim, live: LiveObject): Verdict | undefined {
  if (live.annotations[ADOPT_ANNOTATION] !== consentValue(claim)) {
    return undefined;
  }
  const obstacle = obstacleToAdoption(live);
  return obstacle === undefined
    ? { kind: 'Adopt', live }
    : refused('TargetNotOwned', `${nameOf(claim.target)} cannot be handed over: ${obstacle}`);
}

function obstacleToAdoption(live: LiveObject): string | undefined {
  const controller = controllerOf(live.ownerReferences);
  if (controller !== undefined && !isOfOurGroup(controller.apiVersion)) {
    return 'another controller owns it; remove its ownerReference first';
  }
  if (live.isImmutable) {
    return 'it is immutable; delete it, and mirrorauth makes another';
  }
  return hasRightType(live)
    ? undefined
    : `its type is not ${PULL_SECRET_TYPE}; delete it, and mirrorauth makes another`;
}

/**
 * Deleted and created again under one name. Nothing of the old child is kept, for its MirrorAuth was
 * deleted and everything of it is to go; waiting for the garbage collector could take for ever, since
 * it overlooks owners that come back between two of its own looks.
 */
function namesakeIsReplaced(claim: Claim, live: LiveObject): Verdict | undefined {
  if (controllerOfOurKind(claim, live)?.name !== claim.subject.owner.name) {
    return undefined;
  }
  const verdict = verdictOnAbsent(claim);
  return verdict.kind === 'Create' ? { kind: 'Create', leftover: live } : verdict;
}

function rivalKeepsIt(claim: Claim, live: LiveObject): Verdict | undefined {
  const { target, rivals } = claim;
  const controller = controllerOfOurKind(claim, live);
  if (controller === undefined) {
    return undefined;
  }
  const rival = rivals.find(({ uid }) => uid === controller.uid);
  return rival !== undefined && wants(rival, target)
    ? conflict(target, rival)
    : refused(
        'TargetReplacing',
        `${nameOf(target)} still belongs to ${controller.kind} ${controller.name}, which no longer asks for it: waiting until it is gone`,
      );
}

/** The object's controller, if that is another of what the outputs are made for. */
function controllerOfOurKind({ subject }: Claim, live: LiveObject): OwnerReference | undefined {
  const controller = controllerOf(live.ownerReferences);
  return controller !== undefined &&
    isOfOurGroup(controller.apiVersion) &&
    controller.kind === subject.owner.kind
    ? controller
    : undefined;
}

function isOfOurGroup(apiVersion: string): boolean {
  return apiVersion.startsWith(`${GROUP}/`);
}

function hasRightType({ target, type }: LiveObject): boolean {
  return target.kind !== 'Secret' || type === PULL_SECRET_TYPE;
}

function wants(rival: Rival, target: ObjectName): boolean {
  return rival.wants.some(({ kind, name }) => kind === target.kind && name === target.name);
}

function isBefore(rival: Rival, subject: Subject): boolean {
  return rival.creationTimestamp === subject.creationTimestamp
    ? rival.name < subject.owner.name
    : rival.creationTimestamp < subject.creationTimestamp;
}

function conflict(target: ObjectName, winner: Rival): Verdict {
  return refused(
    'TargetConflict',
    `${nameOf(target)} is kept by MirrorAuth ${winner.name}, which asks for it too: choose another name here or there`,
  );
}

function consentValue({ subject }: Claim): string {
  return `${subject.owner.kind}/${subject.owner.name}`;
}

function consent(claim: Claim): string {
  return `${ADOPT_ANNOTATION}=${consentValue(claim)}`;
}

function refused(reason: Problem['reason'], message: string): Verdict {
  return { kind: 'Refused', problem: { reason, message } };
}
