/** Names that the API gives to group, labels and annotations. They are part of the API. */

export const GROUP = 'mirrorauth.dev';
export const VERSION = 'v1alpha1';
export const API_VERSION = `${GROUP}/${VERSION}`;

/**
 * Client-side `kubectl apply` keeps the whole object that it was given here, logins included.
 * kubernetes.io "Well-Known Labels, Annotations and Taints".
 */
export const LAST_APPLIED_ANNOTATION = 'kubectl.kubernetes.io/last-applied-configuration';

/** On every child: who manages it. */
export const MANAGED_BY_LABEL = 'app.kubernetes.io/managed-by';
export const MANAGED_BY = 'mirrorauth';
/** On every child: kind and name of the object that it was made for. */
export const OWNER_KIND_LABEL = `${GROUP}/owner-kind`;
export const OWNER_NAME_LABEL = `${GROUP}/owner-name`;

/** On every child: keys of the spec's labels that were written, so that dropped ones are removed. */
export const LABELS_ANNOTATION = `${GROUP}/labels`;
/** On a pull Secret: where each entry came from (names only). */
export const ENTRIES_ANNOTATION = `${GROUP}/entries`;
/** By a person, on an object that is not ours: `MirrorAuth/<name>` may take it over. */
export const ADOPT_ANNOTATION = `${GROUP}/adopt`;
/** By a person, on a MirrorAuth: any new value asks for a full look; echoed in status. */
export const RECONCILE_REQUEST_ANNOTATION = `${GROUP}/reconcile-requested-at`;

/** Longest echo of {@link RECONCILE_REQUEST_ANNOTATION}, in characters. */
export const RECONCILE_REQUEST_MAX_LENGTH = 64;
