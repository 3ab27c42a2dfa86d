/**
 * A task as the UI holds it: merged from answers of `changes/`, which say only what is new.
 *
 * Every row carries the task's change number at which it was written. The feed asks for what is newer than the last
 * answer it has merged, so an answer that never arrived is asked for again, and one that arrives twice or out of
 * order changes nothing: a row never goes back.
 */
import type { NodeResult, TaskChanges, TaskDetail, TaskEvent } from '@/api/types'

export class TaskFeed {
  /** Everything up to this number is merged. */
  after = 0
  task: TaskDetail | null = null
  /** The server has more that is older than its newest change: ask again at once. */
  more = false
  readonly nodes = new Map<string, NodeResult>()
  readonly events: TaskEvent[] = []
  private readonly seenEvents = new Set<string>()

  /** Take an answer in. Return whether it brought anything new. */
  merge(answer: TaskChanges): boolean {
    const before = this.after
    for (const node of answer.nodes) {
      const known = this.nodes.get(node.node)
      if (!known || known.change <= node.change) this.nodes.set(node.node, node)
    }
    const fresh = answer.events.filter((event) => this.isNew(event))
    if (fresh.length) this.events.push(...fresh)
    if (fresh.length) this.events.sort((a, b) => a.change - b.change)
    if (!this.task || this.task.change <= answer.task.change) this.task = answer.task
    this.after = Math.max(this.after, answer.change)
    this.more = answer.more
    return this.after > before || fresh.length > 0
  }

  private isNew(event: TaskEvent): boolean {
    const key = `${event.change} ${event.at} ${event.kind} ${event.text}`
    if (this.seenEvents.has(key)) return false
    this.seenEvents.add(key)
    return true
  }
}
