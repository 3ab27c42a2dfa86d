/** One table per enum of the API. A value without a label, a tone and an icon does not compile. */
import {
  CircleCheck,
  CircleCheckFilled,
  CircleCloseFilled,
  Clock,
  Download,
  Loading,
  RemoveFilled,
  WarningFilled,
} from '@element-plus/icons-vue'
import type { Component } from 'vue'

import type { Counts, NodeStatus, Outcome, TaskStatus } from '@/api/types'

/** A meaning that theme.css gives a colour, light and dark. */
export type Tone = 'good' | 'bad' | 'warn' | 'busy' | 'quiet' | 'off'

export interface Look {
  label: string
  tone: Tone
  icon: Component
}

export const taskStatus: Record<TaskStatus, Look & { finished: boolean }> = {
  pending: { label: 'Pending', tone: 'quiet', icon: Clock, finished: false },
  running: { label: 'Running', tone: 'busy', icon: Loading, finished: false },
  succeeded: { label: 'Succeeded', tone: 'good', icon: CircleCheckFilled, finished: true },
  partial: { label: 'Partly warm', tone: 'warn', icon: WarningFilled, finished: true },
  failed: { label: 'Failed', tone: 'bad', icon: CircleCloseFilled, finished: true },
  cancelled: { label: 'Cancelled', tone: 'off', icon: RemoveFilled, finished: true },
}

export const nodeStatus: Record<NodeStatus, Look & { counted: keyof Counts; urgency: number }> = {
  failed: { label: 'Failed', tone: 'bad', icon: CircleCloseFilled, counted: 'failed', urgency: 0 },
  pulling: { label: 'Pulling', tone: 'busy', icon: Download, counted: 'active', urgency: 1 },
  skipped: { label: 'Skipped', tone: 'warn', icon: WarningFilled, counted: 'skipped', urgency: 2 },
  cancelled: { label: 'Cancelled', tone: 'off', icon: RemoveFilled, counted: 'cancelled', urgency: 3 },
  pending: { label: 'Pending', tone: 'quiet', icon: Clock, counted: 'pending', urgency: 4 },
  succeeded: { label: 'Succeeded', tone: 'good', icon: CircleCheckFilled, counted: 'succeeded', urgency: 5 },
}

/** The order in which a bar or a legend shows nodes: what is done first, what is still to come last. */
export const nodeStatusOrder: NodeStatus[] = ['succeeded', 'failed', 'skipped', 'cancelled', 'pulling', 'pending']

export const outcome: Record<Outcome, Look> = {
  '': { label: 'No verdict yet', tone: 'quiet', icon: Clock },
  pulled: { label: 'Pulled', tone: 'good', icon: CircleCheckFilled },
  already_present: { label: 'Already present', tone: 'good', icon: CircleCheck },
  failed: { label: 'Failed', tone: 'bad', icon: CircleCloseFilled },
  cancelled: { label: 'Cancelled', tone: 'off', icon: RemoveFilled },
  skipped: { label: 'Skipped', tone: 'warn', icon: WarningFilled },
}
