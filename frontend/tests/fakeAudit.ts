/** The audit of the fake API: newest first, filtered, page by page by cursor. */
import type { AuditEntry } from '../src/api/types'
import { json } from './answers'

export function newEntry(given: Partial<AuditEntry> = {}): AuditEntry {
  return {
    id: 1,
    at: '2026-11-24T08:00:00Z',
    actor: 'root',
    tenant: null,
    action: 'settings.changed',
    target: 'settings',
    outcome: 'done',
    code: '',
    before: null,
    after: null,
    ip: '192.0.2.7',
    credential: 'session 1',
    request_id: 'r-1',
    ...given,
  }
}

export function answerAudit(entries: AuditEntry[], url: URL): Response {
  const wanted = url.searchParams
  const size = Number(wanted.get('page_size') ?? 50)
  const first = Number(wanted.get('cursor') ?? 0)
  const fits = (name: string, value: string) => !wanted.has(name) || wanted.getAll(name).includes(value)
  const rows = [...entries]
    .reverse()
    .filter(({ action, outcome, actor }) => fits('action', action) && fits('outcome', outcome) && fits('actor', actor))
  const at = (cursor: number) => `${url.origin}/api/v1/audit/?cursor=${cursor}`
  return json(200, {
    next: first + size < rows.length ? at(first + size) : null,
    previous: first > 0 ? at(first - size) : null,
    results: rows.slice(first, first + size),
  })
}
