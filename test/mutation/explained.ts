/** Changes that no test can notice, since nothing differs that anybody could see. */
export interface Explained {
  readonly why: string;
  /** As test/mutation/survivors.ts writes them. */
  readonly changes: readonly string[];
}

/** By file below src/core. */
export const EXPLAINED: Readonly<Record<string, readonly Explained[]>> = {
  'buildkit/base-config.ts': [
    {
      why: 'one that is broken was returned before',
      changes: [
        'registries: new Map(read.flatMap((result) => (result.ok ? result.value : ⟪[] → ["Stryker was here"]⟫))),',
      ],
    },
    {
      why: 'one of another kind was returned before',
      changes: [
        "unread: faults.filter((fault) => ⟪fault.kind === 'UnknownKey' → true⟫),",
        "unread: ⟪faults.filter((fault) => fault.kind === 'UnknownKey') → faults⟫,",
      ],
    },
  ],
  'buildkit/buildkitd-toml.ts': [
    {
      why: 'what is written does not depend on what is unread',
      changes: [
        'base: BaseConfig = { settings: {}, registries: new Map(), unread: ⟪[] → ["Stryker was here"]⟫ },',
      ],
    },
    {
      why: 'no two of them are the same',
      changes: [
        '.toSorted((a, b) => (⟪a.host < b.host → a.host <= b.host⟫ ? -1 : 1))',
        '.toSorted(([a], [b]) => (⟪a < b → a <= b⟫ ? -1 : 1));',
        'const sorted = [...files].toSorted(([a], [b]) => (⟪a < b → a <= b⟫ ? -1 : 1));',
      ],
    },
  ],
  'buildkit/config-faults.ts': [
    {
      why: 'stands for what cannot be absent there, which the compiler does not know',
      changes: [
        'nearest: nearestOf(path.at(-1) ?? ⟪\'\' → "Stryker was here!"⟫, Object.keys(shapes)),',
        '[root = ⟪\'\' → "Stryker was here!"⟫, ...path]: readonly string[],',
      ],
    },
    {
      why: 'an unknown key stands deeper',
      changes: ["fault.path.length === path.length && ⟪fault.kind === 'WrongType' → true⟫"],
    },
    {
      why: 'no known key is near one so long: it only takes more time to say so',
      changes: [
        'if (⟪key.length > MAX_KEY_LENGTH → false⟫) {',
        'if (⟪key.length > MAX_KEY_LENGTH → key.length >= MAX_KEY_LENGTH⟫) {',
        'if (key.length > MAX_KEY_LENGTH) ⟪{ return undefined; } → {}⟫',
      ],
    },
  ],
  'buildkit/narrow-buildkit-config.ts': [
    {
      why: 'it matches any text at its start, if nothing else',
      changes: [
        'return /^(#[^\\n]*\\n|\\n)*/.exec(text)?.[0] ?? ⟪\'\' → "Stryker was here!"⟫;',
        "return ⟪/^(#[^\\n]*\\n|\\n)*/.exec(text)?.[0] → /^(#[^\\n]*\\n|\\n)*/.exec(text)[0]⟫ ?? '';",
        "return ⟪/^(#[^\\n]*\\n|\\n)*/ → /(#[^\\n]*\\n|\\n)*/⟫.exec(text)?.[0] ?? '';",
      ],
    },
    {
      why: 'without a text there is nothing parsed, which is asked as well',
      changes: [
        'const parsed = ⟪text === undefined → false⟫ ? undefined : parseToml(text);',
        'if (⟪text === undefined → false⟫ || parsed?.ok !== true) {',
        'if (text === undefined || ⟪parsed?.ok → parsed.ok⟫ !== true) {',
      ],
    },
    {
      why: 'neither of the two has a section',
      changes: ['const text = live.get(caFileName(host)) ?? ⟪\'\' → "Stryker was here!"⟫;'],
    },
    {
      why: 'a registry that is no table has no setting',
      changes: [
        "const registries = isTable(table['registry']) ? Object.entries(table['registry']) : ⟪[] → [\"Stryker was here\"]⟫;",
      ],
    },
    {
      why: 'it does not end in the name of a file of CAs',
      changes: [
        'const [path, ...others] = Array.isArray(setting) ? setting : ⟪[] → ["Stryker was here"]⟫;',
      ],
    },
    {
      why: 'no host has that name',
      changes: [
        'wanted.hosts.flatMap(({ host, ca }) => (ca && !certificates.has(host) ? host : ⟪[] → ["Stryker was here"]⟫)),',
      ],
    },
    {
      why: 'a mirror without origin is not written',
      changes: [
        'return usable.length === 0 ? ⟪[] → ["Stryker was here"]⟫ : [{ origin, endpoints: usable }];',
      ],
    },
    {
      why: 'an absent field and an undefined one are the same to whoever reads it',
      changes: ['⟪ca === undefined → false⟫ || lacksCa.has(host.host) ? host : { ...host, ca },'],
    },
  ],
  'ca-bundle.ts': [
    {
      why: 'stands for what cannot be absent there, which the compiler does not know',
      changes: ['const certificate = parseCertificate(body ?? ⟪\'\' → "Stryker was here!"⟫);'],
    },
    {
      why: 'neither has dashes, which are looked for',
      changes: [
        'if (/-----(BEGIN|END)/.test(pem.replaceAll(BLOCK, ⟪\'\' → "Stryker was here!"⟫))) {',
      ],
    },
    { why: 'undefined is returned in both', changes: ['} catch ⟪{ return undefined; } → {}⟫'] },
    {
      why: 'a section must be, byte for byte, what is made of what was read',
      changes: [
        'const [, configMap, key] = ⟪/^# ConfigMap (\\S+), key (\\S+)\\n/ → /# ConfigMap (\\S+), key (\\S+)\\n/⟫.exec(chunk) ?? [];',
        'const [, configMap, key] = /^# ConfigMap (\\S+), key (\\S+)\\n/.exec(chunk) ?? ⟪[] → ["Stryker was here"]⟫;',
        'if (⟪configMap === undefined || key === undefined → false⟫) {',
        'if (⟪configMap === undefined || key === undefined → configMap === undefined && key === undefined⟫) {',
        'if (configMap === undefined || ⟪key === undefined → false⟫) {',
        'if (⟪configMap === undefined → false⟫ || key === undefined) {',
        'if (configMap === undefined || key === undefined) ⟪{ return undefined; } → {}⟫',
      ],
    },
    {
      why: 'no two of them are the same',
      changes: ['return ⟪headerOf(a) < headerOf(b) → headerOf(a) <= headerOf(b)⟫ ? -1 : 1;'],
    },
  ],
  'docker/docker-config.ts': [
    {
      why: 'no two of them are the same',
      changes: ['.toSorted((a, b) => (⟪a.key < b.key → a.key <= b.key⟫ ? -1 : 1))'],
    },
    {
      why: 'neither is JSON',
      changes: ["} catch ⟪{ return ''; } → {}⟫", 'return ⟪\'\' → "Stryker was here!"⟫;'],
    },
    { why: 'undefined is returned in both', changes: ['} catch ⟪{ return undefined; } → {}⟫'] },
  ],
  'docker/entry-parts.ts': [
    {
      why: 'both are text',
      changes: [
        'if (FIELD_NAMES.some((name) => !isText(values.get(name) ?? ⟪\'\' → "Stryker was here!"⟫))) {',
      ],
    },
    {
      why: 'a pattern that matches has its groups',
      changes: [
        "const digits = ⟪BASE64.exec(text.replaceAll(/[ \\t\\r\\n]/g, ''))?.groups?.['digits'] → BASE64.exec(text.replaceAll(/[ \\t\\r\\n]/g, ''))?.groups['digits']⟫;",
      ],
    },
  ],
  'docker/entry-warnings.ts': [
    {
      why: 'with a username or password there is a login',
      changes: [
        "(username !== '' && ⟪login?.user → login.user⟫.equals(Buffer.from(username)) === false) ||",
        "(password !== '' && ⟪login?.password → login.password⟫.equals(Buffer.from(password)) === false),",
      ],
    },
  ],
  'docker/host-entry.ts': [
    {
      why: 'an undefined entry is none',
      changes: ['return { taken: ⟪exact === undefined → false⟫ ? [] : [exact], overruled: [] };'],
    },
    {
      why: 'an entry never says otherwise than itself',
      changes: [
        'const alike = ⟪index.entriesOf(host).filter((one) => one !== exact) → index.entriesOf(host)⟫;',
        'const alike = index.entriesOf(host).filter((one) => ⟪one !== exact → true⟫);',
      ],
    },
  ],
  'docker/repeated-key.ts': [
    {
      why: 'blanks are none of the signs that it looks for',
      changes: ['const scanner = createScanner(text, ⟪true → false⟫);'],
    },
    { why: 'a colon stands behind a key', changes: ['let latest = ⟪\'\' → "Stryker was here!"⟫;'] },
    {
      why: 'keys are compared with each other alone',
      changes: [
        "const name = innermost.level === 'Struct' ? ⟪key.toLowerCase() → key.toUpperCase()⟫ : key;",
      ],
    },
  ],
  'docker/source-credential.ts': [
    {
      why: 'of an Opaque Secret without a key it was told before',
      changes: [
        'const read = config(configKey(secret, wanted.key) ?? ⟪\'\' → "Stryker was here!"⟫, format);',
      ],
    },
    { why: 'a second reading reads the same, later', changes: ['⟪configs.set(key, parsed); → ;⟫'] },
  ],
  'explain/buildkitd-toml-reader.ts': [
    {
      why: 'with another type there buildkitd does not start, and there are no tables',
      changes: ["return ⟪typeof value === 'boolean' → true⟫ ? value : undefined;"],
    },
  ],
  'explain/client-credential.ts': [
    {
      why: 'where readings differ there is one at which they stop',
      changes: ['const [stop = ⟪\'\' → "Stryker was here!"⟫] = client.config.malformed;'],
    },
  ],
  'explain/docker-config-reader.ts': [
    {
      why: 'it was looked for before',
      changes: ["const [, rest = ⟪'' → \"Stryker was here!\"⟫] = cut(key, '://');"],
    },
    {
      why: 'a pattern that matches has its groups',
      changes: [
        "return parts === undefined ? host : joinHostPort(parts['address'] ?? ⟪'' → \"Stryker was here!\"⟫, parts['port'] ?? '');",
        "return parts === undefined ? host : joinHostPort(parts['address'] ?? '', parts['port'] ?? ⟪'' → \"Stryker was here!\"⟫);",
      ],
    },
    {
      why: 'neither has a colon',
      changes: [
        "const [user, password] = cut(decodeStandard(auth) ?? ⟪'' → \"Stryker was here!\"⟫, ':');",
      ],
    },
    {
      why: 'all signs from the first on are taken in any case',
      changes: [
        'const parts = isBare ? ⟪/^(?<address>.+):(?<port>[0-9]+)$/s → /(?<address>.+):(?<port>[0-9]+)$/s⟫.exec(host)?.groups : undefined;',
      ],
    },
  ],
  'explain/found-credential.ts': [
    {
      why: 'all that have no login get the same',
      changes: [
        "const login = identityToken === '' && password !== '' ? [user, password] : ⟪[] → [\"Stryker was here\"]⟫;",
      ],
    },
  ],
  'explain/go-json.ts': [
    {
      why: 'a value stands behind a name',
      changes: [
        'innermost.members.push({ name: innermost.name ?? ⟪\'\' → "Stryker was here!"⟫, value });',
      ],
    },
    { why: 'undefined is as good as false', changes: ['} catch ⟪{ return false; } → {}⟫'] },
    {
      why: 'one is as few as none',
      changes: [
        'if ((text.match(/[[{]/g) ?? ⟪[] → ["Stryker was here"]⟫).length > MAX_BRACKETS) {',
      ],
    },
  ],
  'explain/go-url.ts': [
    {
      why: 'a pattern that matches has its groups',
      changes: [
        "return found && { name: found['six'] ?? found['plain'] ?? ⟪'' → \"Stryker was here!\"⟫, port: found['port'] ?? '' };",
        "return found && { name: found['six'] ?? found['plain'] ?? '', port: found['port'] ?? ⟪'' → \"Stryker was here!\"⟫ };",
        "const scheme = ⟪/^(?<scheme>[A-Za-z][A-Za-z0-9+.-]*):/.exec(text)?.groups?.['scheme'] → /^(?<scheme>[A-Za-z][A-Za-z0-9+.-]*):/.exec(text)?.groups['scheme']⟫;",
        "const address = ⟪/^\\[(?<address>[^[\\]]*)\\](?::[0-9]*)?$/.exec(host)?.groups?.['address'… → /^\\[(?<address>[^[\\]]*)\\](?::[0-9]*)?$/.exec(host)?.groups['address']⟫;",
      ],
    },
    {
      why: 'neither has a percent sign',
      changes: [
        "const [beforeFragment, fragment = ⟪'' → \"Stryker was here!\"⟫] = cut(text, '#');",
      ],
    },
    {
      why: 'neither is an address',
      changes: [
        'return canonicalIPv6(address ?? ⟪\'\' → "Stryker was here!"⟫) === undefined ? undefined : host;',
        '/^\\[(?:::1|::ffff:7f[0-9a-f]{2}:[0-9a-f]{1,4})\\]$/.test(canonicalIPv6(name) ?? ⟪\'\' → "Stryker was here!"⟫)',
      ],
    },
    {
      why: 'an address has one bracket at its start and one at its end',
      changes: [
        "⟪/^\\[(?:::1|::ffff:7f[0-9a-f]{2}:[0-9a-f]{1,4})\\]$/ → /\\[(?:::1|::ffff:7f[0-9a-f]{2}:[0-9a-f]{1,4})\\]$/⟫.test(canonicalIPv6(name) ?? '')",
        "⟪/^\\[(?:::1|::ffff:7f[0-9a-f]{2}:[0-9a-f]{1,4})\\]$/ → /^\\[(?:::1|::ffff:7f[0-9a-f]{2}:[0-9a-f]{1,4})\\]/⟫.test(canonicalIPv6(name) ?? '')",
      ],
    },
  ],
  'explain/image-reference.ts': [
    {
      why: 'what does not match was refused before, and a pattern that matches has its groups',
      changes: [
        "const { domain = ⟪'' → \"Stryker was here!\"⟫, path = '', tag, digest } = matched(text) ?? {};",
        "const { domain = '', path = ⟪'' → \"Stryker was here!\"⟫, tag, digest } = matched(text) ?? {};",
        "finds: (text) => (⟪matched(text)?.['path']?.length → matched(text)?.['path'].length⟫ ?? 0) > MAX_PATH_LENGTH,",
      ],
    },
  ],
  'explain/kaniko.ts': [
    {
      why: 'several outcomes are of a file that cannot be read to its end, and that was refused before',
      changes: [
        "return lookup.place === 'File' && ⟪lookup.outcomes.every(({ credential }) => credential.isEmpty) → lookup.outcomes.some(({ credential }) => credential.isEmpty)⟫;",
      ],
    },
  ],
  'explain/kubelet.ts': [
    {
      why: 'with a broken entry the whole was refused before',
      changes: [
        'return credential === undefined ? ⟪[] → ["Stryker was here"]⟫ : [{ key, credential }];',
        'return ⟪credential === undefined → false⟫ ? [] : [{ key, credential }];',
      ],
    },
    {
      why: 'there are as many labels as globs',
      changes: [
        'globs.every((label, index) => isGlobMatch(label, labels[index] ?? ⟪\'\' → "Stryker was here!"⟫))',
      ],
    },
    {
      why: 'split gives at least one part',
      changes: ["const [first = ⟪'' → \"Stryker was here!\"⟫, ...parts] = glob.split('*');"],
    },
    {
      why: 'no image comes from a host called undefined',
      changes: [
        'return pattern === undefined ? ⟪[] → ["Stryker was here"]⟫ : [{ ...entry, pattern }];',
        'return ⟪pattern === undefined → false⟫ ? [] : [{ ...entry, pattern }];',
      ],
    },
    {
      why: "V8's sort looks only whether the answer is below 0",
      changes: [
        '.toSorted((a, b) => (⟪a.pattern < b.pattern → false⟫ ? 1 : a.pattern > b.pattern ? -1 : 0));',
        '.toSorted((a, b) => (⟪a.pattern < b.pattern → a.pattern <= b.pattern⟫ ? 1 : a.pattern > b.pattern ? -1 : 0));',
      ],
    },
    {
      why: 'neither has a colon',
      changes: ["const [user, password] = cut(decode(auth) ?? ⟪'' → \"Stryker was here!\"⟫, ':');"],
    },
  ],
  'explain/mistakes/config-mistakes.ts': [
    {
      why: 'the entries of which one is taken at random stand there',
      changes: [
        'const entries = scene.client.config.byHostname.get(lookupKey(step)) ?? ⟪[] → ["Stryker was here"]⟫;',
      ],
    },
    {
      why: 'no host is called so',
      changes: [
        '...oddHosts(scene, [...meant.map(({ key }) => key), ...(scene.client.variable?.keys() ?? ⟪[] → ["Stryker was here"]⟫)]),',
      ],
    },
    {
      why: 'the path begins at the same slash',
      changes: ['const rest = key.replace(/^[a-z]+:\\/\\//i, ⟪\'\' → "Stryker was here!"⟫);'],
    },
    {
      why: 'a token stands in an entry',
      changes: ['if (⟪entry === undefined → false⟫ || tokenOf(entry) !== issued) {'],
    },
    {
      why: 'no entry has an undefined key',
      changes: [
        'return ({ credential: { key } }) => (⟪key === undefined → false⟫ ? undefined : entries.get(key));',
      ],
    },
    {
      why: 'what is told of an entry is told of a file',
      changes: [
        'const source = ⟪scene.files.config?.origins → scene.files.config.origins⟫.get(key);',
      ],
    },
    {
      why: 'no file is called so',
      changes: [
        'const sources = new Set([config?.name, ...(config?.origins.values() ?? ⟪[] → ["Stryker was here"]⟫)]);',
      ],
    },
    {
      why: 'nothing is asked for by an undefined key',
      changes: ['return ⟪key !== undefined → true⟫ && sources.has(from) ? [[key, step]] : [];'],
    },
  ],
  'explain/mistakes/docker-auth-config.ts': [
    {
      why: 'its entry stands in a file',
      changes: [
        '`it stands before ${files.config?.name ?? ⟪\'config.json\' → ""⟫}, whose entry ${shown(key)} is not ` +',
        "`it stands before ${⟪files.config?.name → files.config.name⟫ ?? 'config.json'}, whose entry ${shown(key)} is not ` +",
      ],
    },
    {
      why: 'no host is called so',
      changes: [
        'return [...(variable ?? ⟪[] → ["Stryker was here"]⟫)].flatMap(([key, found]) => {',
      ],
    },
  ],
  'explain/mistakes/mirror-text.ts': [
    {
      why: 'the pattern matches every text',
      changes: [
        "const { scheme, user, host = ⟪'' → \"Stryker was here!\"⟫, path = '', query = '' } = MIRROR.exec(text)?.groups ?? {};",
        "const { scheme, user, host = '', path = ⟪'' → \"Stryker was here!\"⟫, query = '' } = MIRROR.exec(text)?.groups ?? {};",
        "const { scheme, user, host = '', path = '', query = ⟪'' → \"Stryker was here!\"⟫ } = MIRROR.exec(text)?.groups ?? {};",
        "const { scheme, user, host = '', path = '', query = '' } = ⟪MIRROR.exec(text)?.groups → MIRROR.exec(text).groups⟫ ?? {};",
      ],
    },
  ],
  'explain/mistakes/places.ts': [
    {
      why: 'a table stands in a file',
      changes: [
        'const written = isOfSpec(scene, table) ? ⟪made?.mirrorAuth → made.mirrorAuth⟫ : (made?.base ?? buildkitdToml)?.name;',
        'const written = isOfSpec(scene, table) ? made?.mirrorAuth : ⟪(made?.base ?? buildkitdToml)?.name → (made?.base ?? buildkitdToml).name⟫;',
        "return `${written ?? ⟪'' → \"Stryker was here!\"⟫}, ${tableHeader(table)}${place === '' ? '' : ` ${place}`}`;",
      ],
    },
  ],
  'explain/mistakes/shown.ts': [
    {
      why: 'all signs from the first on are taken in any case',
      changes: [
        ".replace(⟪/^([a-z][-+.a-z0-9]*:\\/\\/)?.*@/is → /([a-z][-+.a-z0-9]*:\\/\\/)?.*@/is⟫, '$1…@')",
      ],
    },
  ],
  'explain/mistakes/toml-faults.ts': [
    {
      why: 'the nearest is one of those that are known',
      changes: [
        'return `${unread}Write${code(...exampleOf(meant, known[nearest] ?? ⟪\'any\' → ""⟫))}`;',
      ],
    },
    {
      why: 'a path has at least one key, and a shorter one names no registry',
      changes: [
        "return plainKey(path[0] ?? ⟪'' → \"Stryker was here!\"⟫) === 'registry' && /^endpoints?$/.test(plainKey(path[2] ?? ''));",
        "return plainKey(path[0] ?? '') === 'registry' && /^endpoints?$/.test(plainKey(path[2] ?? ⟪'' → \"Stryker was here!\"⟫));",
        'const key = keyText(path.at(-1) ?? ⟪\'\' → "Stryker was here!"⟫);',
        "return path.length === 2 && plainKey(path[0] ?? ⟪'' → \"Stryker was here!\"⟫) === 'registry'",
      ],
    },
    {
      why: 'it is no unknown key',
      changes: [
        'return (parsed.ok ? configFaults(parsed.table) : ⟪[] → ["Stryker was here"]⟫).flatMap((fault) =>',
      ],
    },
  ],
  'explain/mistakes/toml-mistakes.ts': [
    {
      why: 'a group has at least one',
      changes: ['[...paths.values()].flatMap(([first]) => first ?? ⟪[] → ["Stryker was here"]⟫),'],
    },
  ],
  'explain/reading.ts': [
    {
      why: 'a key stands in a file',
      changes: ['return key === undefined || ⟪config === undefined → false⟫'],
    },
  ],
  'plan/action.ts': [
    {
      why: 'no live object has that annotation',
      changes: [
        'const dropped = verdict.kind === \'Adopt\' ? [LAST_APPLIED_ANNOTATION] : ⟪[] → ["Stryker was here"]⟫;',
      ],
    },
  ],
  'plan/adoption.ts': [
    {
      why: 'what is no file is no Docker config either',
      changes: [
        "const config = ⟪text === undefined → false⟫ ? undefined : parseDockerConfig(text, 'config.json');",
      ],
    },
    {
      why: 'no kept host has that text',
      changes: [
        'const lost = keys.filter((key) => !kept.has(hostOfConfigKey(key) ?? ⟪\'\' → "Stryker was here!"⟫));',
      ],
    },
  ],
  'plan/dry-run.ts': [
    {
      why: 'it never does: nothing is live there',
      changes: [
        "if (planned.kind === 'NeedsContent') ⟪{ throw new Error('a plan without live objects asked for the content o… → {}⟫",
        'throw new Error(⟪\'a plan without live objects asked for the content of one\' → ""⟫);',
        "if (⟪planned.kind === 'NeedsContent' → false⟫) {",
        'if (planned.kind === ⟪\'NeedsContent\' → ""⟫) {',
      ],
    },
    {
      why: 'stands for what cannot be absent there, which the compiler does not know',
      changes: ['const host = hosts.get(caSourceId(source)) ?? ⟪\'\' → "Stryker was here!"⟫;'],
    },
    {
      why: 'asked only once one registry has a CA',
      changes: [
        "return ['spec', 'registries', (registries ?? ⟪[] → [\"Stryker was here\"]⟫).findIndex(({ host }) => host === wanted)];",
        'const registries = (input.spec.registries ?? ⟪[] → ["Stryker was here"]⟫).map((registry) => ({',
      ],
    },
    {
      why: 'nothing is live there, so that all actions are creates',
      changes: ["⟪action.kind === 'Create' → true⟫ && !taken.has(objectId(action.target))"],
    },
    { why: 'no output has that name', changes: ['contended: ⟪[] → ["Stryker was here"]⟫,'] },
    {
      why: 'an absent field and an undefined one are the same to whoever reads it',
      changes: [
        "source: { kind: 'Secret', name: secretName, ...(⟪key !== undefined → true⟫ && { key }) },",
      ],
    },
    {
      why: 'no ConfigMap has an undefined name',
      changes: ['const base = ⟪name === undefined → false⟫ ? undefined : configMaps.get(name);'],
    },
    {
      why: 'ownership asks only for what is Absent',
      changes: ['live: { kind: ⟪\'Live\' → ""⟫, object },'],
    },
  ],
  'plan/keepable.ts': [
    {
      why: 'one Secret has one section for one CA, and its predecessors the same',
      changes: [
        ': ⟪keepables.flatMap(({ cas }) => cas.get(caSourceId(source)) ?? []).slic… → keepables.flatMap(({ cas }) => cas.get(caSourceId(source)) ?? [])⟫,',
      ],
    },
  ],
  'plan/output.ts': [
    {
      why: 'the wanted values are written over the removals',
      changes: [
        'return Object.fromEntries(⟪keys.filter((key) => !wanted.has(key)) → keys⟫.map((key) => [key, null]));',
        'const dropped = ⟪written.filter((key) => !Object.hasOwn(ours, key)) → written⟫;',
      ],
    },
  ],
  'plan/ownership.ts': [
    {
      why: 'two objects of a namespace never have the same name',
      changes: ['? ⟪rival.name < subject.owner.name → rival.name <= subject.owner.name⟫'],
    },
    {
      why: 'equal ones were told apart by name before',
      changes: [
        ': ⟪rival.creationTimestamp < subject.creationTimestamp → rival.creationTimestamp <= subject.creationTimestamp⟫;',
      ],
    },
  ],
  'plan/plan-buildkit-config.ts': [
    {
      why: 'the code asks for the other kinds; this tag is for the compiler',
      changes: [
        'kind: ⟪\'Planned\' → ""⟫,',
        ': { kind: ⟪\'Unresolved\' → ""⟫, problem: base.problem };',
        'return { kind: ⟪\'Unresolved\' → ""⟫, problem: found.problem };',
        "kind: found.justLost ? 'JustLost' : ⟪'Unresolved' → \"\"⟫,",
      ],
    },
    {
      why: 'orphansToRead has asked for it before',
      changes: ['return ⟪content === undefined → false⟫'],
    },
    {
      why: 'with a problem nothing is made of them',
      changes: [
        'return ⟪found === undefined → false⟫ ? [] : [[host, found] as const];',
        "...(⟪base.kind === 'Resolved' && base.value !== undefined → true⟫ && { base: base.value }),",
        "...(⟪base.kind === 'Resolved' && base.value !== undefined → base.kind === 'Resolved' || base.value !== undefined⟫ && { base: base.value }),",
        "...(⟪base.kind === 'Resolved' → true⟫ && base.value !== undefined && { base: base.value }),",
        "...(base.kind === 'Resolved' && ⟪base.value !== undefined → true⟫ && { base: base.value }),",
      ],
    },
  ],
  'plan/plan-pull-secret.ts': [
    {
      why: 'the code asks for the other kinds; this tag is for the compiler',
      changes: ['kind: ⟪\'Planned\' → ""⟫,'],
    },
  ],
  'plan/plan.ts': [
    {
      why: 'no two of them are the same',
      changes: [
        '.toSorted((a, b) => (⟪a.target.name < b.target.name → a.target.name <= b.target.name⟫ ? -1 : 1));',
      ],
    },
  ],
  'plan/provenance.ts': [
    {
      why: 'what is no JSON is no record either',
      changes: ['const value = parseJson(annotation ?? ⟪\'[]\' → ""⟫);'],
    },
    {
      why: 'no two of them are the same',
      changes: [
        'const sorted = provenances.toSorted((a, b) => (⟪a.host < b.host → a.host <= b.host⟫ ? -1 : 1));',
      ],
    },
    {
      why: 'it is no object, so that it is dropped',
      changes: [
        'const items: readonly unknown[] = Array.isArray(value) ? value : ⟪[] → ["Stryker was here"]⟫;',
      ],
    },
    { why: 'undefined is returned in both', changes: ['} catch ⟪{ return undefined; } → {}⟫'] },
  ],
  'plan/pull-secret-report.ts': [
    {
      why: 'with a pull Secret each registry says its credentials (src/api/mirrorauth.ts)',
      changes: [
        'type: registry.credentials?.type ?? ⟪\'Anonymous\' → ""⟫,',
        "type: ⟪registry.credentials?.type → registry.credentials.type⟫ ?? 'Anonymous',",
      ],
    },
    {
      why: 'what was just lost is SecretNotFound, which refuses nothing',
      changes: ["(⟪outcome.kind === 'Unresolved' → true⟫ && isRefused(outcome.problem));"],
    },
  ],
  'plan/resolve-cas.ts': [
    {
      why: 'without registries there is nothing to resolve',
      changes: ['(spec.registries ?? ⟪[] → ["Stryker was here"]⟫).flatMap(({ host, tls }) =>'],
    },
    {
      why: 'the code asks only whether it is the ConfigMap',
      changes: ["? { kind: 'NotFound', justLost: false, what: ⟪'key' → \"\"⟫ }"],
    },
  ],
  'plan/resolve-credentials.ts': [
    {
      why: 'a second reader of one Secret reads the same, later',
      changes: ['⟪readers.set(secret, reader); → ;⟫'],
    },
    {
      why: 'without registries there is nothing to resolve',
      changes: [': (spec.registries ?? ⟪[] → ["Stryker was here"]⟫).flatMap((registry) =>'],
    },
    {
      why: 'an absent field and an undefined one are the same to whoever reads it',
      changes: [
        '...(⟪provenance.key !== undefined → true⟫ && { key: provenance.key }),',
        '...(⟪provenance.entry !== undefined → true⟫ && { entry: provenance.entry }),',
      ],
    },
  ],
  'plan/size-warnings.ts': [
    {
      why: '80 % of 1 MiB is no whole number of bytes',
      changes: [
        'return ⟪dataSize(data) <= OUTPUT_WARN_BYTES → dataSize(data) < OUTPUT_WARN_BYTES⟫',
      ],
    },
  ],
  'plan/spec-warnings.ts': [
    {
      why: 'what is no registry has no host to be warned of',
      changes: [
        'function hostsOf({ registries = ⟪[] → ["Stryker was here"]⟫, mirrors = [] }: MirrorAuthSpec): readonly Finding[] {',
        '{ pullSecret, registries = ⟪[] → ["Stryker was here"]⟫ }: MirrorAuthSpec,',
      ],
    },
  ],
  'plan/status.ts': [
    {
      why: 'an absent field and an undefined one are the same to whoever reads it',
      changes: [
        '...(⟪summary.stallsInMs !== undefined → true⟫ && { stallsInMs: summary.stallsInMs }),',
      ],
    },
  ],
  'plan/text-data.ts': [
    {
      why: 'Node takes an empty name for UTF-8',
      changes: [
        'return new Map([...files].map(([key, text]) => [key, new Redacted(Buffer.from(text, ⟪\'utf8\' → ""⟫))]));',
      ],
    },
  ],
  'plan/wishes.ts': [
    {
      why: 'asked where spec wants a pull Secret, under this name or another',
      changes: ['labels: ⟪spec.pullSecret?.labels → spec.pullSecret.labels⟫ ?? {},'],
    },
  ],
};
