import { request as httpRequest } from 'node:http';
import { request as httpsRequest } from 'node:https';

export interface HttpAnswer {
  readonly status: number;
  readonly body: string;
}

export interface HttpOptions {
  /** PEM of the CA to trust instead of the system's. */
  readonly ca?: string;
  readonly headers?: Readonly<Record<string, string>>;
}

/**
 * A GET over a connection of its own, http or https. Node's `fetch` cannot be given a CA.
 * Errors: the connection fails, or nothing comes for 5 s.
 */
export function httpGet(url: string, { ca, headers = {} }: HttpOptions = {}): Promise<HttpAnswer> {
  const request = url.startsWith('https:') ? httpsRequest : httpRequest;
  return new Promise((resolve, reject) => {
    const call = request(url, { ca, headers, agent: false, timeout: 5000 }, (response) => {
      let body = '';
      response.setEncoding('utf8').on('data', (text: string) => {
        body += text;
      });
      response.on('end', () => resolve({ status: response.statusCode ?? 0, body }));
      response.on('error', reject);
    });
    call.on('timeout', () => call.destroy(new Error(`no answer from ${url} within 5 s`)));
    call.on('error', reject);
    call.end();
  });
}
