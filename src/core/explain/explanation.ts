import type { Redacted } from '../redacted.ts';

/** Whom a build of an image asks, with which credential, and why. Names and hosts, never a value. */

/** The files that build client and buildkitd read, however broken: they are read as those do. */
export interface BuilderFiles {
  /** The client's config.json; undefined: it has none. */
  readonly config: DockerConfigFile | undefined;
  /** The client's variable DOCKER_AUTH_CONFIG; undefined: it is not set. */
  readonly dockerAuthConfig: Redacted<string> | undefined;
  /** buildkitd.toml; undefined: there is none. */
  readonly buildkitdToml: BuildkitdTomlFile | undefined;
  /** What the files are made of where mirrorauth makes them; absent: they are somebody's own. */
  readonly made?: MadeOf;
}

/** A MirrorAuth, and what became of it. */
export interface MadeOf {
  /** `MirrorAuth builds/ci` */
  readonly mirrorAuth: string;
  /** Outputs that it asks for and that could not be made, by the file that they would hold. */
  readonly notMade: { readonly config?: string; readonly buildkitdToml?: string };
  /** By key of config.json: why the entry that spec wants is not there. */
  readonly unresolved: ReadonlyMap<string, string>;
  /** The file of baseRef. */
  readonly base: BuildkitdTomlFile | undefined;
}

export interface DockerConfigFile {
  /** What people call it: a path, or `Secret builds/ci-pull`. */
  readonly name: string;
  readonly bytes: Redacted<Uint8Array>;
  /** Where the entry of a key came from, for files that mirrorauth makes: `Secret dockerhub`. */
  readonly origins: ReadonlyMap<string, string>;
}

export interface BuildkitdTomlFile {
  readonly name: string;
  readonly text: string;
}

export interface Explanation {
  readonly image: ImageReference;
  /**
   * In the order in which BuildKit asks them; the origin comes last. None: buildkitd does not start,
   * or its file could not be made.
   */
  readonly buildkit: readonly Step[];
  readonly others: readonly OtherReader[];
  readonly mistakes: readonly Mistake[];
  /** `ConfigMap builds/ci`: wanted, and not made because of errors. Nothing follows from its absence. */
  readonly notMade: readonly string[];
}

/** github.com/distribution/reference v0.6.0 */
export interface ImageReference {
  /** `docker.io` where the reference names no registry. */
  readonly domain: string;
  /** `library/alpine` */
  readonly path: string;
  readonly tag?: string;
  readonly digest?: string;
}

/** One host that is asked for the image. */
export interface Step {
  /** host[:port] of the URL: registry-1.docker.io for Docker Hub. */
  readonly host: string;
  readonly role: 'mirror' | 'origin';
  /** Of the manifest. */
  readonly url: string;
  readonly scheme: { readonly value: 'http' | 'https'; readonly why: string };
  readonly tls: {
    readonly value: 'NotUsed' | 'PublicCAs' | 'PrivateCA' | 'NotVerified' | 'Broken';
    readonly why: string;
  };
  readonly credential: StepCredential;
  /** What a 401 leads to. */
  readonly onUnauthorized: string;
}

export interface StepCredential {
  /**
   * `Login`: user and password. `Token`: identitytoken or registrytoken. `Anonymous`: none.
   * `Random`: one of several, another one in each run. `Helper`: a credential helper is asked.
   * `Unreadable`: what cannot be read is lost in some runs, or makes the pull fail. `Unknown`: the
   * file could not be made.
   */
  readonly kind: 'Login' | 'Token' | 'Anonymous' | 'Random' | 'Helper' | 'Unreadable' | 'Unknown';
  /** Key under which it was found. */
  readonly key?: string;
  /** Where that entry came from: a file, a variable, a Secret. */
  readonly from?: string;
  readonly why: string;
}

/** A program that pulls the same image with the same files, and how it differs. */
export interface OtherReader {
  readonly name: 'containerd CRI' | 'kubelet' | 'Podman, Buildah, CRI-O' | 'kaniko, crane';
  /** Which credential which host is sent. */
  readonly hosts: readonly { readonly host: string; readonly credential: StepCredential }[];
  /** In a sentence. */
  readonly difference: string;
}

/** A classic mistake, by a short stable name of which docs/reasons has a page. */
export interface Mistake {
  readonly name: MistakeName;
  /** File and place in it. */
  readonly where: string;
  /** What is so; what to write instead. */
  readonly message: string;
}

/** In the order in which they are told: what spoils a whole file stands before what spoils a part. */
export const MISTAKE_NAMES = [
  /** config.json: it is no JSON that docker reads. */
  'ConfigUnreadable',
  /** config.json: entries stand at the top, as in .dockercfg, and not under auths. */
  'EntriesOutsideAuths',
  /** config.json: one entry cannot be read, for which others are lost at random. */
  'EntryUnreadable',
  /** config.json: Docker Hub stands under a key that BuildKit does not look up. */
  'HubKeyNotLookedUp',
  /** config.json: the key is not the host byte for byte (case, default port, spaces, wildcard). */
  'KeyNotTheHost',
  /** config.json: several path keys of one host and no key of the host alone. */
  'PathKeysCollide',
  /** config.json: a key has a path, which is dropped. */
  'PathKeyIsHostWide',
  /** config.json: a mirror that is asked has no entry, and the origin has one. */
  'MirrorEntryMissing',
  /** config.json: a helper holds the host, so that its entry is not read. */
  'HelperForHost',
  /** config.json: the password is empty, which is anonymous. */
  'PasswordEmpty',
  /** config.json: the password ends in a newline, which is sent. */
  'PasswordEndsInNewline',
  /** config.json: the mirror's entry is a copy of the origin's token, which no other host takes. */
  'TokenForMirror',
  /** DOCKER_AUTH_CONFIG cannot be read and is left aside. */
  'DockerAuthConfigUnreadable',
  /** DOCKER_AUTH_CONFIG stands before the file. */
  'DockerAuthConfigShadows',
  /** buildkitd.toml: it is no TOML, or a value has the wrong type: buildkitd does not start. */
  'TomlInvalid',
  /** buildkitd.toml: `mirror` for `mirrors` and other keys that are read by nobody. */
  'UnknownKey',
  /** buildkitd.toml: a table's name is a wildcard, a URL or an alias of Docker Hub. */
  'TableNotLookedUp',
  /** buildkitd.toml: a table's name has a path and is looked up by nobody. */
  'PathInTableName',
  /** buildkitd.toml: a mirror has a scheme, user, query or fragment, which is dropped. */
  'SchemeInMirror',
  /** buildkitd.toml: a mirror has a space, which becomes part of its host. */
  'SpaceInMirror',
  /** buildkitd.toml: a mirror's path starts with /v2, which BuildKit adds by itself. */
  'V2InMirror',
  /** buildkitd.toml: a mirror has upper case, which is compared byte for byte. */
  'UpperCaseInMirror',
  /** buildkitd.toml: a mirror is the origin itself. */
  'MirrorIsOrigin',
  /** buildkitd.toml: `http` or `insecure` stands under the origin and was meant for its mirror. */
  'HttpUnderOrigin',
  /** buildkitd.toml: a CA stands under the origin and was meant for its mirror. */
  'CaUnderOrigin',
  /** buildkitd.toml: `http` and `insecure` together fall back to plain HTTP. */
  'HttpAndInsecure',
  /** buildkitd.toml: a loopback mirror is asked in plain HTTP without being told so. */
  'LoopbackIsHttp',
  /** buildkitd.toml: two mirrors share a host, where BuildKit reuses the first one's token. */
  'TokenScopeReuse',
] as const;

export type MistakeName = (typeof MISTAKE_NAMES)[number];
