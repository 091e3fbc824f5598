/** What a client asks a token server for, by either of the two ways. */
export interface TokenQuestion {
  /** GET with HTTP Basic, or POST with `grant_type=password` (distribution/docs spec/auth/oauth.md). */
  readonly method: 'GET' | 'POST';
  readonly service: string;
  /** As they were sent: `repository:team/base:pull`. */
  readonly scopes: readonly string[];
  /** Absent: an anonymous client. */
  readonly user?: string;
  readonly password?: string;
}

/** One entry of the claim `access` (distribution/docs spec/auth/jwt.md). */
export interface Access {
  readonly type: string;
  readonly name: string;
  readonly actions: readonly string[];
}

/** Reads a GET from its query and its Authorization header, a POST from its form. */
export function parseTokenRequest(
  method: string,
  query: URLSearchParams,
  { authorization, form }: { authorization?: string | undefined; form: URLSearchParams },
): TokenQuestion {
  const post = method === 'POST';
  const params = post ? form : query;
  return {
    method: post ? 'POST' : 'GET',
    service: params.get('service') ?? '',
    scopes: params.getAll('scope').flatMap((scope) => scope.split(' ').filter((s) => s !== '')),
    ...(post ? fromForm(form) : fromBasic(authorization)),
  };
}

function fromForm(form: URLSearchParams): { user?: string; password?: string } {
  if (form.get('grant_type') !== 'password') return {};
  return { user: form.get('username') ?? '', password: form.get('password') ?? '' };
}

function fromBasic(authorization: string | undefined): { user?: string; password?: string } {
  const encoded = /^Basic (.+)$/i.exec(authorization ?? '')?.[1];
  if (encoded === undefined) return {};
  const [, user = '', password = ''] =
    /^([^:]*):(.*)$/s.exec(Buffer.from(encoded, 'base64').toString('utf8')) ?? [];
  return { user, password };
}

/** `type:name:action,action`, where the name may hold colons. Anything else grants nothing. */
export function parseScope(scope: string): Access | undefined {
  const [, type, name, actions] = /^([^:]+):(.+):([^:]*)$/.exec(scope) ?? [];
  if (type === undefined || name === undefined || actions === undefined) return undefined;
  return { type, name, actions: actions.split(',') };
}
