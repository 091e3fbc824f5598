import { appendFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeEach, describe, expect, onTestFinished, test } from 'vitest';
import { auditEvents, auditMark, parseAuditLog } from '../../../testbed/audit-log.ts';
import { temporaryDirectory } from '../../../testbed/temporary-directory.ts';

/** As kube-apiserver 1.37.2 writes it at level Metadata, on one line. */
function line(change: { username?: string; namespace?: string; name?: string; uri?: string } = {}) {
  const { username = 'admin', namespace = 'ns', name = 'cm', uri = '/api/v1/x' } = change;
  const event = {
    kind: 'Event',
    apiVersion: 'audit.k8s.io/v1',
    level: 'Metadata',
    auditID: '23163013-57fc-407d-8eb5-50cdeba19e8c',
    stage: 'ResponseComplete',
    requestURI: uri,
    verb: 'get',
    user: { username, groups: ['system:authenticated'] },
    sourceIPs: ['127.0.0.1'],
    userAgent: 'kubectl/v1.37.2 (linux/amd64)',
    objectRef: { resource: 'configmaps', namespace, name, apiVersion: 'v1' },
    responseStatus: { metadata: {}, code: 200 },
    requestReceivedTimestamp: '2026-11-25T02:50:04.920000Z',
    stageTimestamp: '2026-11-25T02:50:04.921000Z',
  };
  return `${JSON.stringify(event)}\n`;
}

describe('a line of the audit log', () => {
  test('becomes an event', () => {
    expect(parseAuditLog(line())).toMatchObject([
      {
        auditID: '23163013-57fc-407d-8eb5-50cdeba19e8c',
        stage: 'ResponseComplete',
        verb: 'get',
        resource: 'configmaps',
        namespace: 'ns',
        name: 'cm',
        user: 'admin',
        userAgent: 'kubectl/v1.37.2 (linux/amd64)',
        code: 200,
        requestURI: '/api/v1/x',
        receivedAt: new Date('2026-11-25T02:50:04.920Z'),
        time: new Date('2026-11-25T02:50:04.921Z'),
      },
    ]);
  });

  test('may have neither object nor status nor user agent', () => {
    const bare =
      '{"auditID":"1","stage":"ResponseComplete","verb":"get","requestURI":"/version",' +
      '"user":{"username":"a"},"requestReceivedTimestamp":"2026-11-25T02:50:04.920000Z",' +
      '"stageTimestamp":"2026-11-25T02:50:04.921000Z"}\n';
    const [event] = parseAuditLog(bare);
    expect(event).toMatchObject({ code: 0, userAgent: '' });
    expect(event).not.toHaveProperty('resource');
  });

  test('is left out while it is being written', () => {
    expect(parseAuditLog(`${line()}{"kind":"Ev`)).toHaveLength(1);
  });
});

describe('an audit log file', () => {
  let path = '';

  beforeEach(async () => {
    const directory = await temporaryDirectory();
    onTestFinished(() => directory.remove());
    path = join(directory.path, 'audit.log');
  });

  test('is filtered by user, namespace and resource', async () => {
    await writeFile(path, line() + line({ username: 'other' }) + line({ namespace: 'other' }));
    expect(await auditEvents(path, { user: 'admin' })).toHaveLength(2);
    expect(await auditEvents(path, { namespace: 'ns' })).toHaveLength(2);
    expect(await auditEvents(path, { resource: 'configmaps', user: 'other' })).toHaveLength(1);
    expect(await auditEvents(path, { resource: 'secrets' })).toEqual([]);
  });

  test('is cut at marks, which wait for a line that is late', async () => {
    await writeFile(path, line({ name: 'before' }));
    const mark = () =>
      auditMark(path, async (query) => {
        await appendFile(path, line({ name: 'straggler' }) + line({ uri: `/x?${query}` }).trim());
        setTimeout(() => void appendFile(path, '\n'), 50);
      });
    const since = await mark();
    await appendFile(path, line({ name: 'between ä' }));
    const until = await mark();
    await appendFile(path, line({ name: 'after' }));

    const names = (await auditEvents(path, { since, until })).map(({ name }) => name);
    expect(names).toEqual(['between ä', 'straggler', 'cm']);
  });
});
