import { UsageError } from './options.ts';

/** Name of a namespace: a DNS label (kubernetes.io "Object Names and IDs"). */
export const NAMESPACE_NAME = /^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$/;

/** The value of --namespace. */
export function parseNamespace(name: string): string {
  if (!NAMESPACE_NAME.test(name)) {
    throw new UsageError(`--namespace=${name} is no name of a namespace`);
  }
  return name;
}
