/** Times, sizes and names as people read them. */
import type { Task, TaskDetail } from '@/api/types'

/** 0.4 s · 12 s · 3 min 05 s · 2 h 10 min */
export function duration(seconds: number): string {
  if (seconds < 10) return `${Math.max(0, Math.round(seconds * 10) / 10)} s`
  const whole = Math.round(seconds)
  if (whole < 60) return `${whole} s`
  if (whole < 3600) return `${Math.floor(whole / 60)} min ${pad(whole % 60)} s`
  return `${Math.floor(whole / 3600)} h ${pad(Math.floor((whole % 3600) / 60))} min`
}

/** Decimal units, as registries and `kubectl` give them. */
export function bytes(count: number): string {
  const units = ['B', 'kB', 'MB', 'GB', 'TB']
  let value = count
  let unit = 0
  while (value >= 999.5 && unit < units.length - 1) {
    value /= 1000
    unit += 1
  }
  return `${value < 10 && unit > 0 ? value.toFixed(1) : Math.round(value)} ${units[unit] ?? ''}`
}

/** 5000 → 5,000 */
export function count(value: number): string {
  return value.toLocaleString('en-US')
}

export function nodes(value: number): string {
  return `${count(value)} ${value === 1 ? 'node' : 'nodes'}`
}

/** "just now", "4 min ago", then the date. The exact time belongs in a title attribute. */
export function ago(iso: string, now: number): string {
  const seconds = (now - Date.parse(iso)) / 1000
  if (seconds < 45) return 'just now'
  if (seconds < 3600) return `${Math.max(1, Math.round(seconds / 60))} min ago`
  if (seconds < 86_400) return `${Math.round(seconds / 3600)} h ago`
  return new Date(iso).toLocaleDateString(undefined, { year: 'numeric', month: 'short', day: 'numeric' })
}

/** "in 3 h 10 min", "in 12 days", then the date. */
export function endsIn(iso: string, now: number): string {
  const seconds = (Date.parse(iso) - now) / 1000
  if (seconds <= 0) return 'now'
  if (seconds < 2 * 86_400) return `in ${duration(Math.floor(seconds))}`
  return `in ${Math.round(seconds / 86_400)} days`
}

/** The exact local time with its zone. */
export function exactly(iso: string): string {
  return new Date(iso).toLocaleString(undefined, { dateStyle: 'medium', timeStyle: 'long' })
}

/** The local time to the second, short enough for a table: Nov 27, 08:15:02 */
export function moment(iso: string): string {
  const time = { month: 'short', day: 'numeric', hour: '2-digit', minute: '2-digit', second: '2-digit' } as const
  return new Date(iso).toLocaleString(undefined, { ...time, hourCycle: 'h23' })
}

/** A moment as a field for local times holds it; empty when there is none, or it cannot be read. */
export function toLocal(iso: string): string {
  const at = new Date(iso)
  if (Number.isNaN(at.getTime())) return ''
  const local = [at.getMonth() + 1, at.getDate(), at.getHours(), at.getMinutes()].map(pad)
  return `${at.getFullYear()}-${local[0]}-${local[1]}T${local[2]}:${local[3]}`
}

/** And back. */
export function fromLocal(text: string): string {
  const at = new Date(text)
  return Number.isNaN(at.getTime()) ? '' : at.toISOString()
}

/** Seconds since the task's first dispatch, until its end or now; null when it has not started. */
export function elapsed(task: Task, now: number): number | null {
  if (!task.started_at) return null
  const end = task.finished_at ? Date.parse(task.finished_at) : now
  return Math.max(0, (end - Date.parse(task.started_at)) / 1000)
}

/** Its name, or its images when it has none. */
export function taskTitle(task: Pick<Task, 'name' | 'images'>): string {
  if (task.name) return task.name
  const [first = 'No images', ...others] = task.images
  return others.length ? `${first} + ${others.length} more` : first
}

/** The nodes that were asked for, in words; their names are known of a task alone, not in lists. */
export function taskTarget(
  task: Pick<Task, 'all_nodes' | 'node_selector' | 'named_nodes'> & Partial<Pick<TaskDetail, 'node_names'>>,
): string {
  if (task.all_nodes) return 'all nodes'
  if (task.node_selector) return task.node_selector
  const [first, ...others] = task.node_names ?? []
  if (!first) return task.named_nodes ? nodes(task.named_nodes) : 'no nodes'
  return others.length ? `${first} + ${others.length} more` : first
}

function pad(value: number): string {
  return String(value).padStart(2, '0')
}
