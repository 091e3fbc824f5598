import { Buffer } from 'node:buffer';
import { X509Certificate } from 'node:crypto';
import { about, fail, ok } from './result.ts';
import type { Result } from './result.ts';

/** PEM bundles of CA certificates: those that people write, and the files that are made of them. */

/** Where a CA comes from. */
export interface CaSource {
  readonly configMap: string;
  readonly key: string;
}

/** The certificates of one source, each as normalised PEM. */
export interface CaSection extends CaSource {
  readonly certificates: readonly string[];
}

/** A block whose label is CERTIFICATE and that has no headers: what Go's reader takes. */
const BLOCK = /-----BEGIN CERTIFICATE-----([A-Za-z0-9+/=\s]*)-----END CERTIFICATE-----/g;

/**
 * The certificates of a bundle, each as PEM with LF, 64 columns and a newline at its end. Text
 * around the blocks is dropped, as every reader does. Any other block is refused rather than
 * dropped: a private key in a ConfigMap is a mistake that somebody should hear of, and Go's reader
 * skips what it cannot read without a word.
 *
 * @returns CaInvalid
 */
export function parseCaBundle(pem: string, source: CaSource): Result<readonly string[]> {
  return about(`ConfigMap ${source.configMap}, key ${source.key}`, parseBlocks(pem));
}

const HOLDS_KEY =
  'holds a private key, which whoever reads the ConfigMap now has; write the CA certificates there instead, and replace the key';

function parseBlocks(pem: string): Result<readonly string[]> {
  if (/-----BEGIN [A-Z0-9 ]*PRIVATE KEY-----/.test(pem)) {
    return fail('CaInvalid', HOLDS_KEY);
  }
  if (/-----(BEGIN|END)/.test(pem.replaceAll(BLOCK, ''))) {
    return fail(
      'CaInvalid',
      'holds a PEM block that is no certificate; leave nothing but whole CERTIFICATE blocks there',
    );
  }
  const certificates: string[] = [];
  for (const [, body] of pem.matchAll(BLOCK)) {
    const certificate = parseCertificate(body ?? '');
    if (certificate === undefined) {
      const broken = `certificate ${certificates.length + 1}`;
      return fail('CaInvalid', `${broken} does not parse; write it anew`);
    }
    certificates.push(certificate);
  }
  return certificates.length === 0
    ? fail('CaInvalid', 'holds no certificate; write CA certificates in PEM there')
    : ok(certificates);
}

function parseCertificate(body: string): string | undefined {
  const base64 = body.replaceAll(/\s/g, '');
  const der = Buffer.from(base64, 'base64');
  if (der.toString('base64') !== base64) {
    return undefined;
  }
  try {
    const certificate = new X509Certificate(der);
    // OpenSSL stops at the end of the certificate; Go refuses bytes after it.
    return certificate.raw.equals(der) ? certificate.toString() : undefined;
  } catch {
    return undefined;
  }
}

/**
 * One file of CAs in sections, one for each source, sorted. A comment before each says whose CA it
 * is, to a person and to {@link readCaFile}; PEM readers skip text outside blocks.
 */
export function renderCaFile(sections: readonly CaSection[]): string {
  const unique = new Map(sections.map((section) => [headerOf(section), section]));
  return [...unique.values()].toSorted(bySource).map(renderSection).join('\n');
}

/** The sections of a file as {@link renderCaFile} writes them; what does not look so is left out. */
export function readCaFile(text: string): readonly CaSection[] {
  return text.split(/^(?=# ConfigMap )/m).flatMap((chunk) => readSection(chunk) ?? []);
}

function readSection(chunk: string): CaSection | undefined {
  const [, configMap, key] = /^# ConfigMap (\S+), key (\S+)\n/.exec(chunk) ?? [];
  if (configMap === undefined || key === undefined) {
    return undefined;
  }
  const certificates = parseBlocks(chunk);
  if (!certificates.ok) {
    return undefined;
  }
  const section = { configMap, key, certificates: certificates.value };
  return [renderSection(section), `${renderSection(section)}\n`].includes(chunk)
    ? section
    : undefined;
}

function renderSection(section: CaSection): string {
  return `${headerOf(section)}\n${section.certificates.join('')}`;
}

function headerOf({ configMap, key }: CaSource): string {
  return `# ConfigMap ${configMap}, key ${key}`;
}

function bySource(a: CaSource, b: CaSource): number {
  return headerOf(a) < headerOf(b) ? -1 : 1;
}
