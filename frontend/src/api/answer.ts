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

/** What says to the server which reading a change is based on. */
export function etagOf({ response }: { response: Response }): string {
  return response.headers.get('ETag') ?? ''
}

export const byId = <Id>(id: Id) => ({ params: { path: { id } } })
