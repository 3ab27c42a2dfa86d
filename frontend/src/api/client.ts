/**
 * The one place that talks HTTP. The session is an httpOnly cookie: no token ever passes through here.
 *
 * Unsafe methods carry the CSRF token that the server left in a readable cookie. An answer that is not a success
 * becomes an ApiError, no answer a ConnectionError; 304 is an answer like any other.
 */
import createClient, { type Middleware } from 'openapi-fetch'

import { readServerClock } from './clock'
import { ConnectionError, readProblem } from './problem'
import type { paths } from './schema'

const SAFE = new Set(['GET', 'HEAD', 'OPTIONS'])

const onSignedOut = new Set<() => void>()

/** Say what happens when the server no longer knows the session (401 on anything but signing in). */
export function whenSignedOut(act: () => void): void {
  onSignedOut.add(act)
}

const session: Middleware = {
  onRequest({ request }) {
    request.headers.set('Accept', 'application/json, application/problem+json')
    if (!SAFE.has(request.method)) request.headers.set('X-CSRFToken', cookie('csrftoken'))
    return request
  },
  async onResponse({ response, schemaPath }) {
    readServerClock(response)
    if (response.ok || response.status === 304) return
    if (response.status === 401 && schemaPath !== '/api/v1/auth/login/') onSignedOut.forEach((act) => act())
    throw await readProblem(response)
  },
  onError({ error }) {
    // An aborted request is nobody's fault: whoever aborted it is expecting this very error.
    return error instanceof DOMException && error.name === 'AbortError' ? error : new ConnectionError()
  },
}

export const http = createClient<paths>({
  baseUrl: window.location.origin,
  credentials: 'same-origin',
  fetch: (request) => fetch(request),
  // The API takes repeated parameters: status=failed&status=partial.
  querySerializer: { array: { style: 'form', explode: true } },
})
http.use(session)

function cookie(name: string): string {
  const found = document.cookie.split('; ').find((pair) => pair.startsWith(`${name}=`))
  return found ? decodeURIComponent(found.slice(name.length + 1)) : ''
}
