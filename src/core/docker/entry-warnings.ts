import { Buffer } from 'node:buffer';
import { isBase64ForDocker } from './docker-reader.ts';
import type { EntryParts } from './entry-parts.ts';
import type { Advice } from '../result.ts';

/** What may not be meant so in a login that is written all the same. */

const NEWLINE = 0x0a;
const NUL = 0x00;

const authIsUnreadableForDocker: Advice<EntryParts> = {
  finds: ({ fields: { auth } }) => !isBase64ForDocker(auth),
  reason: 'AuthNormalised',
  message:
    'docker does not read auth as it stands (padding, alphabet or a space); it is written as docker reads it; write padded standard base64 there too',
};
const passwordEndsInNewline: Advice<EntryParts> = {
  finds: ({ login }) => login?.password.at(-1) === NEWLINE,
  reason: 'PasswordEndsInNewline',
  message:
    'the password ends in a newline, which is sent with it; if it is none of the password, write it without: printf instead of echo',
};
/** docker/cli trims both ends (v29.8.2 cli/config/configfile/file.go decodeAuth). */
const passwordEndsInNul: Advice<EntryParts> = {
  finds: ({ login }) => [login?.password.at(0), login?.password.at(-1)].includes(NUL),
  reason: 'PasswordEndsInNul',
  message: 'the password begins or ends in NUL, which docker cuts off; write a password without',
};
const loginsDiffer: Advice<EntryParts> = {
  finds: ({ login, fields: { username, password } }) =>
    (username !== '' && login?.user.equals(Buffer.from(username)) === false) ||
    (password !== '' && login?.password.equals(Buffer.from(password)) === false),
  reason: 'LoginsDiffer',
  message:
    'auth says another login than username and password; auth is used, as docker does; leave username and password out',
};

export const ENTRY_ADVICE: readonly Advice<EntryParts>[] = [
  authIsUnreadableForDocker,
  passwordEndsInNewline,
  passwordEndsInNul,
  loginsDiffer,
];
