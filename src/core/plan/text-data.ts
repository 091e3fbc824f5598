import { Buffer } from 'node:buffer';
import type { Data } from './output.ts';
import { Redacted } from '../redacted.ts';

/** A ConfigMap's `data` is text; the objects that are written hold bytes. */

export function textToData(files: ReadonlyMap<string, string>): Data {
  return new Map([...files].map(([key, text]) => [key, new Redacted(Buffer.from(text, 'utf8'))]));
}

export function dataToText(data: Data): ReadonlyMap<string, string> {
  return new Map(
    [...data].map(([key, bytes]) => [key, Buffer.from(bytes.reveal()).toString('utf8')]),
  );
}
