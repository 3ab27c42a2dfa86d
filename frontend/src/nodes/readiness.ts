import { CircleCheckFilled, CircleCloseFilled, RemoveFilled } from '@element-plus/icons-vue'

import type { Node } from '@/api/types'
import type { Look } from '@/tasks/status'

type Readiness = 'ready' | 'cordoned' | 'not_ready'

const looks: Record<Readiness, Look> = {
  ready: { label: 'Ready', tone: 'good', icon: CircleCheckFilled },
  cordoned: { label: 'Cordoned', tone: 'warn', icon: RemoveFilled },
  not_ready: { label: 'Not ready', tone: 'bad', icon: CircleCloseFilled },
}

/** Whether a pull could run on the node, at a glance: not ready weighs more than cordoned. */
export function readiness(node: Node): Look {
  if (!node.ready) return looks.not_ready
  return node.unschedulable ? looks.cordoned : looks.ready
}
