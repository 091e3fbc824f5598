import { describe, expect, it } from 'vitest';
import { parseCaBundle, readCaFile, renderCaFile } from '../../../src/core/ca-bundle.ts';
import type { CaSection } from '../../../src/core/ca-bundle.ts';
import { CA_ONE, CA_TWO } from '../../support/certificates.ts';
import { valueOf } from '../../support/secrets.ts';

const source = { configMap: 'corp-ca', key: 'ca.crt' };
const parse = (pem: string): readonly string[] => valueOf(parseCaBundle(pem, source));
const oneLine = (pem: string): string =>
  pem.replace(/(?<=CERTIFICATE-----\n)[^-]+/, (body) => `${body.replaceAll('\n', '')}\n`);

const label = (name: string): string => CA_ONE.replaceAll('CERTIFICATE', name);
const der = Buffer.from(CA_ONE.split('\n').slice(1, -2).join(''), 'base64');
const block = (body: Uint8Array): string =>
  `-----BEGIN CERTIFICATE-----\n${Buffer.from(body).toString('base64')}\n-----END CERTIFICATE-----\n`;

describe('parseCaBundle', () => {
  it.each([
    ['one certificate', CA_ONE],
    ['CRLF', CA_ONE.replaceAll('\n', '\r\n')],
    ['no newline at its end', CA_ONE.trimEnd()],
    ['text around it', `subject=CN = x\n\n${CA_ONE}# the end\n`],
    ['base64 on one line', oneLine(CA_ONE)],
    ['indented lines', CA_ONE.replaceAll(/\n(?=.)/g, '\n  ')],
  ])('normalises %s', (_, pem) => {
    expect(parse(pem)).toEqual([CA_ONE]);
  });

  it('keeps the order of a chain', () => {
    expect(parse(`${CA_TWO}${CA_ONE}`)).toEqual([CA_TWO, CA_ONE]);
  });

  it.each([
    ['nothing', ''],
    ['text', 'corp CA'],
    ['DER', der.toString('latin1')],
    ['a private key', label('PRIVATE KEY')],
    ['a private key after a certificate', `${CA_ONE}${label('EC PRIVATE KEY')}`],
    ['a certificate request', label('CERTIFICATE REQUEST')],
    ["OpenSSL's trusted certificate", label('TRUSTED CERTIFICATE')],
    ['a block without an end', CA_ONE.split('\n').slice(0, -2).join('\n')],
    ['an end without a block', `${CA_ONE}-----END CERTIFICATE-----\n`],
    ['a block with headers', CA_ONE.replace('-\n', '-\nProc-Type: 4,ENCRYPTED\n\n')],
    ['a cut certificate', block(der.subarray(0, -10))],
    ['bytes after a certificate', block(Buffer.concat([der, Buffer.from([0])]))],
    ['an empty block', block(new Uint8Array())],
    ['base64 without padding', CA_ONE.replace('=\n', '\n')],
  ])('refuses %s', (_, pem) => {
    const result = parseCaBundle(pem, source);
    expect(result).toMatchObject({ ok: false, problem: { reason: 'CaInvalid' } });
    expect(result.ok || result.problem.message).toMatch(/^ConfigMap corp-ca, key ca.crt: .+; /);
  });

  it.each(['PRIVATE KEY', 'EC PRIVATE KEY'])('says that a %s has been given away', (name) => {
    const result = parseCaBundle(`${CA_ONE}${label(name)}`, source);
    expect(result.ok || result.problem.message).toMatch(/private key, .+ replace the key$/);
  });

  it('says which certificate is broken', () => {
    const result = parseCaBundle(`${CA_ONE}${CA_TWO}${block(der.subarray(1))}`, source);
    expect(result.ok || result.problem.message).toContain('certificate 3 does not parse');
  });

  it('is done with a mebibyte of half blocks', { timeout: 2_000 }, () => {
    const begins = '-----BEGIN CERTIFICATE-----\nAAAA'.repeat(32_000);
    expect(parseCaBundle(begins, source).ok).toBe(false);
  });
});

describe('a CA file', () => {
  const one: CaSection = { configMap: 'a-ca', key: 'ca.crt', certificates: [CA_ONE] };
  const both: CaSection = { configMap: 'b-ca', key: 'ca.crt', certificates: [CA_ONE, CA_TWO] };

  it('says before each section whose CA it is, sorted, each source once', () => {
    expect(renderCaFile([both, one, both])).toBe(
      `# ConfigMap a-ca, key ca.crt\n${CA_ONE}\n# ConfigMap b-ca, key ca.crt\n${CA_ONE}${CA_TWO}`,
    );
  });

  it('is read back as it was written', () => {
    expect(readCaFile(renderCaFile([both, one]))).toEqual([one, both]);
    expect(readCaFile(renderCaFile([]))).toEqual([]);
  });

  it('is a PEM bundle of all its certificates for whoever reads PEM', () => {
    expect(parse(renderCaFile([one, both]))).toEqual([CA_ONE, CA_ONE, CA_TWO]);
  });

  it.each([
    ['without a header', CA_TWO],
    ['whose header was edited', `# ConfigMap c-ca,key ca.crt\n${CA_TWO}`],
    ['whose header stands behind text', `mine # ConfigMap c-ca, key ca.crt\n${CA_TWO}`],
    ['with text in it', `# ConfigMap c-ca, key ca.crt\n${CA_TWO}note\n`],
    ['without a certificate', '# ConfigMap c-ca, key ca.crt\n'],
    ['with a broken certificate', `# ConfigMap c-ca, key ca.crt\n${CA_TWO.replace('MII', 'AAA')}`],
  ])('gives no section %s, and the others all the same', (_, section) => {
    expect(readCaFile(`${section}\n${renderCaFile([one])}`)).toEqual([one]);
  });
});
