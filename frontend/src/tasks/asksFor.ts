/** A task form that is kept: what it asks for, in words. */
import type { TaskRequest } from '@/api/types'
import { taskTarget } from './format'

export interface AsksFor {
  /** "nginx:1.27 + 2 more, 1 list" */
  images: string
  target: string
}

export function asksFor(task: TaskRequest): AsksFor {
  const [first, ...others] = task.images ?? []
  const lists = task.image_lists?.length ?? 0
  const named = first && (others.length ? `${first} + ${others.length} more` : first)
  const listed = lists && (lists === 1 ? 'the images of a list' : `the images of ${lists} lists`)
  const names = task.node_names ?? []
  const target = taskTarget({
    all_nodes: task.all_nodes ?? false,
    node_selector: task.node_selector ?? '',
    named_nodes: names.length,
    node_names: names,
  })
  return { images: [named, listed].filter(Boolean).join(', ') || 'No images', target }
}
