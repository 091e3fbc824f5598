/** Changes that no test can notice, since nothing differs that anybody could see. */
export interface Explained {
  readonly why: string;
  /** As test/mutation/survivors.ts writes them. */
  readonly changes: readonly string[];
}

/** By file below src/core. */
export const EXPLAINED: Readonly<Record<string, readonly Explained[]>> = {
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
      changes: [
        'if (⟪entry === undefined → false⟫ || tokenOf(entry.decoded) !== tokenOf(issued)) {',
      ],
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
        "`it stands before ${⟪files.config?.name ?? 'config.json' → files.config?.name && 'config.json'⟫}, whose entry ${shown(key)} is not ` +",
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
        "return `${writtenIn(scene, table) ?? ⟪'' → \"Stryker was here!\"⟫}, ${tableHeader(table)}${place === '' ? '' : ` ${place}`}`;",
        'return baseTables.has(table) ? ⟪made.base?.name → made.base.name⟫ : made.mirrorAuth;',
        'return ⟪buildkitdToml?.name → buildkitdToml.name⟫;',
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
};
