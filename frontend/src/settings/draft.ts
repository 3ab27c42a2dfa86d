/** Settings that are being edited, and the request that they become: only what is different is sent. */
import type { SettingName, SettingValues, SettingsRequest } from '@/api/types'

import { settingNames, type NumberName } from './fields'

export type Window = SettingValues['windows'][number]
export type Day = Window['days'][number]

export interface HostCap {
  host: string
  /** Empty while the person has not said it yet. */
  cap?: number
}

/** A number field that was emptied holds nothing. */
export type SettingsDraft = Omit<SettingValues, NumberName | 'cap_registry_hosts'> &
  Record<NumberName, number | null | undefined> & { cap_registry_hosts: HostCap[] }

export function draftFrom(values: SettingValues): SettingsDraft {
  const hosts = Object.entries(values.cap_registry_hosts).sort(([one], [other]) => one.localeCompare(other))
  const own = Object.fromEntries(settingNames.map((name) => [name, values[name]])) as SettingValues
  return {
    ...own,
    windows: values.windows.map((window) => ({ ...window, days: [...window.days] })),
    pull_windows: values.pull_windows.map((window) => ({ ...window })),
    cap_registry_hosts: hosts.map(([host, cap]) => ({ host, cap })),
  }
}

/** The names of what differs from the values that were read, in the order of the page. */
export function changedNames(draft: SettingsDraft, read: SettingValues): SettingName[] {
  return settingNames.filter((name) => !same(draft, draftFrom(read), name))
}

/** What to send: a value that is the default's again goes back to it, so that it follows the environment. */
export function toRequest(draft: SettingsDraft, read: SettingValues, defaults: SettingValues): SettingsRequest {
  const usual = draftFrom(defaults)
  const wishes = changedNames(draft, read).map((name) => [name, same(draft, usual, name) ? null : sent(draft, name)])
  return Object.fromEntries(wishes) as SettingsRequest
}

/** Somebody changed the settings meanwhile: the person's own changes on top of the newer values. */
export function rebase(draft: SettingsDraft, read: SettingValues, newer: SettingValues): SettingsDraft {
  const own = changedNames(draft, read).map((name) => [name, draft[name]])
  return { ...draftFrom(newer), ...(Object.fromEntries(own) as Partial<SettingsDraft>) }
}

/** Hosts that the person really means: a line that says nothing is none. */
export function meantHosts(draft: SettingsDraft): HostCap[] {
  return draft.cap_registry_hosts.filter(({ host, cap }) => host.trim() || cap)
}

export function same(one: SettingsDraft, other: SettingsDraft, name: SettingName): boolean {
  return JSON.stringify(sent(one, name)) === JSON.stringify(sent(other, name))
}

function sent(draft: SettingsDraft, name: SettingName): unknown {
  if (name === 'cap_registry_hosts') {
    const entries = meantHosts(draft).map(({ host, cap }) => [host.trim().toLowerCase(), cap] as const)
    return Object.fromEntries(entries.sort(([one], [other]) => one.localeCompare(other)))
  }
  if (name === 'intake_reason') return draft.intake_paused ? draft.intake_reason.trim() : ''
  if (name === 'windows') return draft.windows.map(({ days, start, end }) => ({ days, start, end }))
  return draft[name] ?? null
}
