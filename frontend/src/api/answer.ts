/** What every method of the API does with an answer. */

interface Answer<Body> {
  data?: Body
  response: Response
}

/** The answer's body, as the schema has it. */
export function given<Body>(answer: Answer<Body>): Body {
  if (answer.data === undefined) throw new Error(`an empty answer from ${answer.response.url}`)
  return answer.data
}

/** Something as it was read; `etag` says to the server which reading a change is based on. */
export interface Read<Row> {
  row: Row
  etag: string
}

export function asRead<Row>(answer: Answer<Row>): Read<Row> {
  return { row: given(answer), etag: etagOf(answer) }
}

export function etagOf({ response }: { response: Response }): string {
  return response.headers.get('ETag') ?? ''
}

export const byId = <Id>(id: Id) => ({ params: { path: { id } } })

/** For a change of what was read: refused (412) when somebody else changed it since. */
export const unlessChanged = <Id>(id: Id, etag: string) => ({ params: { path: { id }, header: { 'If-Match': etag } } })
