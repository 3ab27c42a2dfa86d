/** Answers as the API gives them. */
import type { Problem } from '../src/api/types'

export function page<Row>(rows: Row[], url: URL): { count: number; next: null; previous: null; results: Row[] } {
  const size = Number(url.searchParams.get('page_size') ?? 50)
  const first = (Number(url.searchParams.get('page') ?? 1) - 1) * size
  return { count: rows.length, next: null, previous: null, results: rows.slice(first, first + size) }
}

export function json(status: number, body: unknown, headers: Record<string, string> = {}): Response {
  return new Response(JSON.stringify(body), { status, headers: { 'Content-Type': 'application/json', ...headers } })
}

export function problem(
  status: number,
  code: string,
  detail: string,
  { headers = {}, ...more }: Partial<Problem> & { headers?: Record<string, string> } = {},
): Response {
  const body: Problem = { type: 'about:blank', title: detail, status, detail, code, request_id: 'r-1', ...more }
  return json(status, body, { 'Content-Type': 'application/problem+json', ...headers })
}
