/** How much of each cap is taken right now. */
import type { Settings } from '@/api/types'
import { count } from '@/tasks/format'

import type { NumberName } from './fields'

type Limits = Settings['limits']

export function usageWords(limits: Limits): Partial<Record<NumberName, string>> {
  const cluster = limits.find(({ name }) => name === 'cluster')
  return {
    ...(cluster && { cap_cluster: `${count(cluster.used)} of ${count(cluster.cap)} run now` }),
    ...fullest(limits, 'host:', 'cap_registry_host', (name, used) => `${name} has ${used} now`),
    ...fullest(limits, 'tenant:', 'cap_tenant', (_, used) => `The busiest tenant has ${used} now`),
  }
}

function fullest(
  limits: Limits,
  prefix: string,
  field: NumberName,
  words: (name: string, used: string) => string,
): Partial<Record<NumberName, string>> {
  const busy = limits.filter(({ name, used }) => name.startsWith(prefix) && used > 0)
  const [most] = busy.sort((one, other) => other.used - one.used)
  return most ? { [field]: words(most.name.slice(prefix.length), count(most.used)) } : {}
}
