/** What goes wrong between the UI and the API, as errors that can be shown to a person. */

export interface FieldError {
  /** Where in the request, as segments: `images/0` is `['images', '0']`. */
  path: string[]
  code: string
  detail: string
}

/** The API answered, and said no (`application/problem+json`, or anything else that is not a success). */
export class ApiError extends Error {
  override readonly name = 'ApiError'

  constructor(
    readonly status: number,
    readonly code: string,
    message: string,
    readonly requestId = '',
    readonly fields: FieldError[] = [],
    /** Seconds to wait before asking again (`Retry-After`), or null when the answer did not say. */
    readonly retryAfter: number | null = null,
  ) {
    super(message)
  }

  /** The errors at this field, or anywhere below it. */
  at(field: string): FieldError[] {
    return this.fields.filter((error) => error.path[0] === field)
  }
}

/** No answer at all: the server is away, or the network is. */
export class ConnectionError extends Error {
  override readonly name = 'ConnectionError'

  constructor() {
    super('The server cannot be reached. Check that IPS is running and that this computer is online.')
  }
}

/** Read an answer that is not a success. Understands problem+json and survives everything else. */
export async function readProblem(response: Response): Promise<ApiError> {
  const problem = asRecord(await response.json().catch(() => null))
  const title = text(problem.title) || `The server answered ${response.status} ${response.statusText}`.trim()
  return new ApiError(
    response.status,
    text(problem.code) || `http_${response.status}`,
    text(problem.detail) || title,
    text(problem.request_id) || (response.headers.get('X-Request-ID') ?? ''),
    Array.isArray(problem.errors) ? problem.errors.map(readFieldError) : [],
    readRetryAfter(response.headers.get('Retry-After')),
  )
}

/** What to tell a person about any error. */
export function describe(error: unknown): string {
  if (error instanceof ApiError || error instanceof ConnectionError) return error.message
  return error instanceof Error ? `Something in this page went wrong: ${error.message}` : 'Something went wrong.'
}

function readFieldError(raw: unknown): FieldError {
  const error = asRecord(raw)
  const path = text(error.pointer).replace(/^#?\//, '').split('/').filter(Boolean)
  return { path, code: text(error.code), detail: text(error.detail) }
}

/** Seconds, from either form that HTTP allows (a number, or a date). */
function readRetryAfter(header: string | null): number | null {
  if (!header) return null
  const seconds = Number(header)
  if (Number.isFinite(seconds)) return Math.max(0, Math.ceil(seconds))
  const date = Date.parse(header)
  return Number.isNaN(date) ? null : Math.max(0, Math.ceil((date - Date.now()) / 1000))
}

function asRecord(value: unknown): Record<string, unknown> {
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {}
}

function text(value: unknown): string {
  return typeof value === 'string' ? value : ''
}
