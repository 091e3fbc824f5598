import { Buffer } from 'node:buffer';
import type { Redacted } from './redacted.ts';

/**
 * Most bytes that the values of one Secret or ConfigMap may have together (k8s.io/kubernetes
 * v1.37.2 pkg/apis/core/types.go MaxSecretSize, which ConfigMaps share).
 */
export const OUTPUT_MAX_BYTES = 1_048_576;

/** From here on people are warned: there is still time to write less. */
export const OUTPUT_WARN_BYTES = OUTPUT_MAX_BYTES * 0.8;

/**
 * Bytes of an object's data as the API server counts them: the decoded values without their keys
 * (k8s.io/kubernetes v1.37.2 pkg/apis/core/validation/validation.go ValidateSecret, ValidateConfigMap).
 */
export function dataSize(data: ReadonlyMap<string, string | Redacted<Uint8Array>>): number {
  return [...data.values()].reduce((sum, value) => sum + byteLength(value), 0);
}

function byteLength(value: string | Redacted<Uint8Array>): number {
  return typeof value === 'string' ? Buffer.byteLength(value) : value.reveal().byteLength;
}
