import { describe, expect, it } from 'vitest'

import { ApiError } from '@/api/problem'
import { changedNames, draftFrom, rebase, toRequest } from '@/settings/draft'
import { missingParts, placeErrors } from '@/settings/errors'
import { usageWords } from '@/settings/usage'
import { changeWords, windowWords } from '@/settings/words'

import { newSettings, refusal } from '../rows'

const read = newSettings({ cap_cluster: 40, cap_registry_hosts: { 'quay.io': 5 } })

describe('settings that are edited', () => {
  it('send only what is different', () => {
    const draft = draftFrom(read)
    draft.cap_tenant = 7
    draft.cap_registry_hosts.push({ host: ' Registry.Example.com ', cap: 3 }, { host: '' })

    expect(toRequest(draft, read, read.defaults)).toEqual({
      cap_tenant: 7,
      cap_registry_hosts: { 'quay.io': 5, 'registry.example.com': 3 },
    })
  })

  it('go back to the default where they say what the default says', () => {
    const draft = draftFrom(read)
    draft.cap_cluster = 100
    draft.cap_registry_hosts = []

    expect(toRequest(draft, read, read.defaults)).toEqual({ cap_cluster: null, cap_registry_hosts: null })
  })

  it('are unchanged when someone types the same again', () => {
    const draft = draftFrom(read)
    draft.cap_cluster = 41
    draft.cap_cluster = 40
    draft.cap_registry_hosts.push({ host: '' })

    expect(changedNames(draft, read)).toEqual([])
  })

  it('forget the reason with the pause', () => {
    const paused = newSettings({ intake_paused: true, intake_reason: 'The registry moves.' })
    const draft = draftFrom(paused)
    draft.intake_paused = false

    expect(toRequest(draft, paused, paused.defaults)).toEqual({ intake_paused: null, intake_reason: null })
  })

  it('keep the person’s own changes when somebody else was faster', () => {
    const draft = draftFrom(read)
    draft.cap_tenant = 7

    const rebased = rebase(draft, read, newSettings({ cap_cluster: 9, cap_tenant: 50 }))

    expect([rebased.cap_cluster, rebased.cap_tenant]).toEqual([9, 7])
  })
})

describe('errors of settings', () => {
  it('of the API are shown at their place', () => {
    const draft = draftFrom(read)
    draft.cap_registry_hosts.push({ host: 'https://Quay.io', cap: 5 })
    const error = refusal('cap_registry_hosts/https:/quay.io', 'windows/0/days/0', 'windows/1/end', 'time_zone')

    expect(Object.keys(placeErrors(error, draft).at)).toEqual([
      'cap_registry_hosts/1',
      'windows/0/days',
      'windows/1/end',
      'time_zone',
    ])
  })

  it('that belong to no field are told above the button', () => {
    expect(placeErrors(refusal('cap_clutser'), draftFrom(read)).general).toBe('cap_clutser: wrong: cap_clutser')
    expect(placeErrors(new ApiError(503, 'away', 'The database does not answer.'), draftFrom(read)).general).toContain(
      'database',
    )
  })

  it('are found before anything is sent', () => {
    const draft = draftFrom(read)
    draft.cap_cluster = null
    draft.cap_registry_hosts.push({ host: 'QUAY.io', cap: 2 }, { host: 'ghcr.io' }, { host: '', cap: 4 }, { host: '' })
    draft.windows.push({ days: [], start: '22:00', end: '06:00' })

    expect(Object.keys(missingParts(draft).at)).toEqual([
      'cap_cluster',
      'cap_registry_hosts/1',
      'cap_registry_hosts/2',
      'cap_registry_hosts/3',
      'windows/0/days',
    ])
  })
})

describe('settings in words', () => {
  it('tell a window’s days, and that it ends on the next one', () => {
    expect(windowWords({ days: ['mon', 'tue', 'wed'], start: '22:00', end: '06:00' })).toBe(
      'Mon–Wed 22:00–06:00 (next day)',
    )
    expect(windowWords({ days: ['sat', 'mon'], start: '00:00', end: '24:00' })).toBe('Sat, Mon 00:00–24:00')
  })

  it('tell every part of a change', () => {
    const before = { cap_cluster: 1000, intake_paused: false, cap_registry_hosts: {} }
    const after = { cap_cluster: 90, intake_paused: true, cap_registry_hosts: { 'quay.io': 5 } }

    expect(changeWords({ before, after })).toEqual([
      { label: 'Pull jobs in the cluster', before: '1,000', after: '90' },
      { label: 'Intake', before: 'open', after: 'paused' },
      { label: 'Hosts with a cap of their own', before: 'none', after: 'quay.io 5' },
    ])
  })

  it('tell which host is the busiest, and nothing where nothing runs', () => {
    const limits = [
      { name: 'cluster', used: 7, cap: 100 },
      { name: 'host:ghcr.io', used: 3, cap: 50 },
      { name: 'host:quay.io', used: 4, cap: 50 },
      { name: 'tenant:1', used: 0, cap: 50 },
    ]

    expect(usageWords(limits)).toEqual({ cap_cluster: '7 of 100 run now', cap_registry_host: 'quay.io has 4 now' })
  })
})
