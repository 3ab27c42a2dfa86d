import { describe, expect, it } from 'vitest'

import { reasonLabel } from '@/tasks/reasons'
import { nodeStatus, nodeStatusOrder, outcome, taskStatus } from '@/tasks/status'

describe.each([
  ['task statuses', taskStatus],
  ['node statuses', nodeStatus],
  ['outcomes', outcome],
])('the table of %s', (_name, table) => {
  it('has a word and an icon of its own for each, so that none is told by colour alone', () => {
    const labels = Object.values(table).map((look) => look.label)
    const icons = Object.values(table).map((look) => look.icon)

    expect(new Set(labels).size).toBe(labels.length)
    expect(labels.every(Boolean)).toBe(true)
    expect(new Set(icons).size).toBe(icons.length)
  })
})

describe('node statuses', () => {
  it('all have a place in bars and legends, each counted once', () => {
    expect([...nodeStatusOrder].sort()).toEqual(Object.keys(nodeStatus).sort())
    expect(new Set(Object.values(nodeStatus).map((look) => look.counted)).size).toBe(nodeStatusOrder.length)
  })

  it('put what needs a person first', () => {
    const byUrgency = [...nodeStatusOrder].sort((a, b) => nodeStatus[a].urgency - nodeStatus[b].urgency)

    expect(byUrgency[0]).toBe('failed')
    expect(byUrgency.at(-1)).toBe('succeeded')
  })
})

describe('a code that this UI does not know yet', () => {
  it('is shown as readable words', () => {
    expect(reasonLabel('flux_capacitor_empty')).toBe('Flux capacitor empty')
  })
})
