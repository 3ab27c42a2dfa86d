/** Where an error about a setting belongs in the form. */
import { addError, withElsewhere } from '@/api/fieldErrors'
import type { ApiError } from '@/api/problem'

import { meantHosts, type SettingsDraft } from './draft'
import { isSetting, numberFields, type NumberName } from './fields'

export interface SettingsErrors {
  /** By place: `cap_cluster`, `windows/0/start`, `cap_registry_hosts/2` (the line in the form). */
  at: Record<string, string>
  /** Those that belong to no field. */
  general: string
}

export const noErrors = (): SettingsErrors => ({ at: {}, general: '' })

export function hasErrors(errors: SettingsErrors): boolean {
  return errors.general !== '' || Object.keys(errors.at).length > 0
}

/** What can be said without asking the server: something is missing, or there twice. */
export function missingParts(draft: SettingsDraft): SettingsErrors {
  const errors = noErrors()
  for (const name of Object.keys(numberFields) as NumberName[])
    if (!draft[name]) errors.at[name] = 'Enter a number, at least 1, or go back to the default.'
  const seen = new Set<string>()
  draft.cap_registry_hosts.forEach((line, index) => {
    const host = line.host.trim().toLowerCase()
    if (!meantHosts(draft).includes(line)) return
    if (!host) errors.at[`cap_registry_hosts/${index}`] = 'Enter the host, such as registry.example.com:5000.'
    else if (!line.cap) errors.at[`cap_registry_hosts/${index}`] = 'Enter a number, at least 1.'
    else if (seen.has(host)) errors.at[`cap_registry_hosts/${index}`] = `${host} is listed twice.`
    seen.add(host)
  })
  draft.windows.forEach(({ days }, index) => {
    if (!days.length) errors.at[`windows/${index}/days`] = 'Choose at least one day.'
  })
  return errors
}

/** The API's pointers as places of the form that was sent. */
export function placeErrors(refusal: ApiError, sent: SettingsDraft): SettingsErrors {
  const placed = noErrors()
  for (const error of refusal.fields) {
    const [name = '', ...inner] = error.path
    if (isSetting(name)) addError(placed.at, place(name, inner, sent), error.detail)
    else placed.general = withElsewhere(placed.general, error)
  }
  if (!hasErrors(placed)) placed.general = refusal.message
  return placed
}

function place(name: string, inner: string[], sent: SettingsDraft): string {
  if (name === 'cap_registry_hosts' && inner.length) {
    // A pointer's empty segments are lost on the way: what somebody wrote as https://quay.io comes as https:/quay.io.
    const host = inner.join('/')
    const line = sent.cap_registry_hosts.findIndex((each) => pointed(each.host) === host)
    return line < 0 ? name : `${name}/${line}`
  }
  return [name, ...inner.slice(0, 2)].join('/')
}

function pointed(host: string): string {
  return host.trim().toLowerCase().split('/').filter(Boolean).join('/')
}
