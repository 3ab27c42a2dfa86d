import { beforeEach, describe, expect, it } from 'vitest'

import { differences } from '@/audit/difference'
import { router } from '@/router'
import { fromLocal, toLocal } from '@/tasks/format'

import { newEntry } from '../fakeAudit'
import { eventually, open, press, settled, useFakeApi } from '../page'
import { person, platformAdmin } from '../rows'

const held = useFakeApi()

beforeEach(() => {
  held.api.me = platformAdmin()
})

async function openAudit(path = '/audit') {
  const shown = await open(path)
  await eventually(() => shown.find('table, .empty').exists() || undefined)
  return shown
}

const asked = () => held.api.asked.filter((each) => each.includes('/audit/')).at(-1)

describe('the audit', () => {
  it('tells who did what, and what is different since', async () => {
    held.api.audit.push(
      newEntry({ actor: 'root', before: { cap_cluster: 100 }, after: { cap_cluster: 12 } }),
      newEntry({ id: 2, actor: 'otto', action: 'request.refused', outcome: 'refused', code: 'role_too_low' }),
    )
    const shown = await openAudit()

    const [refused, changed] = shown.findAll('tbody tr').map((row) => row.text())
    expect(refused).toMatch(/otto.*Request refused.*Refused.*because of role_too_low/s)
    expect(changed).toMatch(/root.*Settings changed.*cap_cluster.*before: 100.*after: 12/s)
  })

  it('shows where a change came from to those who want to know more', async () => {
    held.api.audit.push(newEntry({ after: { images: ['x'.repeat(200)] } }))
    const shown = await openAudit()
    expect(shown.text()).not.toContain('192.0.2.7')
    expect(shown.text()).not.toContain('x'.repeat(200))

    await press('Settings changed: more')

    expect(shown.text()).toMatch(/192\.0\.2\.7.*session 1.*r-1/s)
    expect(shown.text()).toContain('x'.repeat(200))
  })

  it('is read page by page, and a link leads to the same page', async () => {
    for (let id = 1; id <= 70; id += 1) held.api.audit.push(newEntry({ id, target: `thing ${id}` }))
    const shown = await openAudit()
    expect(shown.findAll('tbody tr').length).toBe(50)

    await press('Older')
    await eventually(() => (shown.findAll('tbody tr').length === 20 ? true : undefined))

    expect(router.currentRoute.value.query).toEqual({ cursor: '50' })
    await press('Newest')
    await eventually(() => shown.text().includes('thing 70') || undefined)
  })

  it('is narrowed by what the address says, and exported so', async () => {
    held.api.audit.push(newEntry(), newEntry({ id: 2, actor: 'otto', outcome: 'refused', action: 'request.refused' }))
    const shown = await openAudit('/audit?outcome=refused&actor=otto&since=2026-11-24T07:00:00.000Z')

    expect(shown.findAll('tbody tr').length).toBe(1)
    expect(asked()).toContain('since=2026-11-24T07%3A00%3A00.000Z')
    const [csv, lines] = shown.findAll('.export a').map((link) => link.attributes('href'))
    expect(csv).toBe('/api/v1/audit/export/?as=csv&actor=otto&outcome=refused&since=2026-11-24T07%3A00%3A00.000Z')
    expect(lines).toContain('as=jsonl')
  })

  it('forgets the page when it is narrowed otherwise', async () => {
    for (let id = 1; id <= 70; id += 1) held.api.audit.push(newEntry({ id }))
    const shown = await openAudit('/audit?cursor=50')

    await shown.get('select').setValue('settings.changed')
    await settled()

    expect(router.currentRoute.value.query).toEqual({ action: 'settings.changed' })
  })

  it('tells "nothing matches" from "nothing there"', async () => {
    const shown = await openAudit('/audit?actor=nobody')
    expect(shown.text()).toContain('Nothing matches')

    await press('Clear the filters')
    await eventually(() => shown.text().includes('Nothing has happened yet') || undefined)
  })

  it('is in the menu of admins', async () => {
    held.api.me = person('ada', 'admin')
    const shown = await openAudit()

    expect(shown.get('[aria-label=Administration]').text()).toContain('Audit')
  })
})

describe('a difference', () => {
  it('of lists is what came and what went', () => {
    const before = { images: ['nginx:1', 'redis:7', 'app:1'] }
    expect(differences({ before, after: { images: ['nginx:1', 'redis:7', 'app:2'] } })).toEqual([
      { name: 'images', before: 'app:1', after: 'app:2' },
    ])
  })

  it('of something new has no before, of something ended no after', () => {
    expect(differences({ before: null, after: { role: 'admin' } })).toEqual([
      { name: 'role', before: null, after: 'admin' },
    ])
    expect(differences({ before: { role: 'admin' }, after: null })).toEqual([
      { name: 'role', before: 'admin', after: null },
    ])
  })

  it('of something new leaves out what was left empty', () => {
    const after = { name: 'tools', notes: '', tags: [] }
    expect(differences({ before: null, after })).toEqual([{ name: 'name', before: null, after: 'tools' }])
  })

  it('says yes and no, and names what is empty', () => {
    expect(differences({ before: { on: true, name: '' }, after: { on: false, name: 'x' } })).toEqual([
      { name: 'on', before: 'yes', after: 'no' },
      { name: 'name', before: 'none', after: 'x' },
    ])
  })

  it('of an order alone is told in full', () => {
    expect(differences({ before: { tags: ['a', 'b'] }, after: { tags: ['b', 'a'] } })).toEqual([
      { name: 'tags', before: 'a, b', after: 'b, a' },
    ])
  })
})

describe('a time in a field', () => {
  it('is the same moment when it comes back', () => {
    expect(fromLocal(toLocal('2026-11-24T07:30:00.000Z'))).toBe('2026-11-24T07:30:00.000Z')
    expect([toLocal('yesterday'), fromLocal('')]).toEqual(['', ''])
  })
})
