/** The settings as a person meets them: what each is called, its unit, its bounds, what it is for. */
import type { SettingName, SettingValues } from '@/api/types'

export type NumberName = {
  [Name in SettingName]: SettingValues[Name] extends number ? Name : never
}[SettingName]

export interface NumberField {
  label: string
  unit: string
  hint: string
  max: number
}

const PULLS = 100_000
const WRITES = 10_000
const DAYS = 3_650

export const numberFields: Record<NumberName, NumberField> = {
  cap_cluster: { label: 'In the whole cluster', unit: 'pull jobs', hint: 'At once, over all tasks.', max: PULLS },
  cap_tenant: { label: 'For one tenant', unit: 'pull jobs', hint: 'At once, each tenant by itself.', max: PULLS },
  cap_registry_host: {
    label: 'From one registry host',
    unit: 'pull jobs',
    hint: 'At once, for every host that has no cap of its own below.',
    max: PULLS,
  },
  creates_per_second: {
    label: 'Creates',
    unit: 'per second',
    hint: 'Pull jobs made at the API server, over all workers.',
    max: WRITES,
  },
  deletes_per_second: {
    label: 'Deletes',
    unit: 'per second',
    hint: 'Pull jobs taken away, over all workers.',
    max: WRITES,
  },
  keep_tasks_days: { label: 'Finished tasks', unit: 'days', hint: 'Then deleted with all of their results.', max: DAYS },
  keep_audit_days: { label: 'Audit', unit: 'days', hint: 'Who changed what; older lines are deleted.', max: DAYS },
  keep_inventory_days: {
    label: 'What pulls proved',
    unit: 'days',
    hint: 'That an image is on a node which does not list all it has; then it is unknown again.',
    max: DAYS,
  },
}

export const numberGroups: { id: string; title: string; names: NumberName[] }[] = [
  { id: 'caps', title: 'How many pull jobs at once', names: ['cap_cluster', 'cap_tenant', 'cap_registry_host'] },
  { id: 'rates', title: 'How fast at the API server', names: ['creates_per_second', 'deletes_per_second'] },
  { id: 'kept', title: 'How long things are kept', names: ['keep_tasks_days', 'keep_audit_days', 'keep_inventory_days'] },
]

/** What each setting is called where it stands alone: in the list of changes, in messages. */
export const settingLabels: Record<SettingName, string> = {
  cap_cluster: 'Pull jobs in the cluster',
  cap_tenant: 'Pull jobs for one tenant',
  cap_registry_host: 'Pull jobs from one registry host',
  cap_registry_hosts: 'Hosts with a cap of their own',
  creates_per_second: 'Creates per second',
  deletes_per_second: 'Deletes per second',
  intake_paused: 'Intake',
  intake_reason: 'Reason of the pause',
  windows: 'Time windows',
  time_zone: 'Time zone of the windows',
  pull_windows: 'Windows by cron rules',
  schedules_paused: 'Schedules',
  keep_tasks_days: 'Days that tasks are kept',
  keep_audit_days: 'Days that the audit is kept',
  keep_inventory_days: 'Days that what pulls proved is kept',
}

export const settingNames = Object.keys(settingLabels) as SettingName[]

export function isSetting(name: string): name is SettingName {
  return name in settingLabels
}
