/** Rows of one kind behind one path of the fake API. */
import { json, page, problem } from './answers'

/** A request, taken apart: `METHOD api-keys/{id}/{move}/`. */
export interface Asked {
  method: string
  id: string
  move: string
  body: unknown
  url: URL
  /** `If-Match` */
  etag: string | null
}

/**
 * Listed, read with an ETag, made, changed unless somebody else did meanwhile, deleted.
 *
 * `make` gives the new row, or says what is wrong with the wish; `shown` is what the filters of the address leave.
 */
export function answerRows<Row extends { id: string | number }>(
  rows: Row[],
  { method, id, body, url, etag }: Asked,
  make: (wish: unknown) => Row | Response,
  shown: Row[] = rows,
): Response {
  if (!id && method === 'GET') return json(200, page(found(shown, url), url))
  if (!id) {
    const made = make(body)
    if (made instanceof Response) return made
    rows.push(made)
    return json(201, made)
  }
  const at = rows.findIndex((row) => String(row.id) === id)
  const row = rows[at]
  if (!row) return problem(404, 'not_found', 'Not found.')
  if (method === 'GET') return json(200, row, { ETag: tagOf(row) })
  if (etag !== null && etag !== tagOf(row))
    return problem(412, 'changed_meanwhile', 'Somebody has changed this since you read it.')
  if (method === 'DELETE') {
    rows.splice(at, 1)
    return new Response(null, { status: 204 })
  }
  const changed = { ...row, ...(body as Partial<Row>) }
  rows[at] = changed
  return json(200, changed, { ETag: tagOf(changed) })
}

function tagOf(row: unknown): string {
  const bytes = new TextEncoder().encode(JSON.stringify(row))
  return `"${bytes.reduce((sum, byte) => (sum * 31 + byte) % 1_000_003, 7)}"`
}

export function found<Row extends object>(rows: Row[], url: URL): Row[] {
  const search = url.searchParams.get('search') ?? ''
  return rows.filter((row) => JSON.stringify(Object.values(row)).includes(search))
}

export function wrong(pointer: string, detail: string): Response {
  return problem(422, 'invalid', detail, { errors: [{ pointer, code: 'invalid', detail }] })
}
