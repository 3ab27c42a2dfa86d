/** How policies fare, in words. */
import { CircleCheckFilled, CircleCloseFilled, Clock, Loading, VideoPause } from '@element-plus/icons-vue'

import type { MissingImage, Policy, PolicyState } from '@/api/types'
import { nodes } from '@/tasks/format'
import { reasonLabel } from '@/tasks/reasons'
import type { Look } from '@/tasks/status'

export const states: Record<PolicyState, Look> = {
  new: { label: 'Not checked yet', tone: 'quiet', icon: Clock },
  covered: { label: 'Covered', tone: 'good', icon: CircleCheckFilled },
  gap: { label: 'Mending', tone: 'busy', icon: Loading },
  cannot: { label: 'Cannot keep up', tone: 'bad', icon: CircleCloseFilled },
}

export const isState = (word: string): word is PolicyState => word in states

export function stateLook({ state, paused_at }: Policy): Look {
  return paused_at ? { label: 'Paused', tone: 'warn', icon: VideoPause } : states[state]
}

/** How it came about that an image is not there. */
export const kinds: Record<MissingImage['kind'], string> = {
  joined: 'the node is new to the policy',
  wanted: 'the image is new to the policy',
  lost: 'it was there, and is gone',
  unproven: 'it was there, and the node no longer says so',
}

export const missingStates: Record<MissingImage['state'], Look> = {
  missing: { label: 'Missing', tone: 'bad', icon: CircleCloseFilled },
  unknown: { label: 'Unknown', tone: 'quiet', icon: Clock },
}

/** Why it is still not there, as far as that is known. */
export function whyMissing({ reason, tries }: MissingImage): string {
  if (!reason) return ''
  const failed = tries > 1 ? `, ${tries} times in a row` : ''
  return `${reasonLabel(reason)}${failed}`
}

/** "nginx:1.27 + 2 more, 1 list, what 2 namespaces run" */
export function keeps(policy: Pick<Policy, 'images' | 'image_lists' | 'follow'>): string {
  const { images, image_lists: lists, follow } = policy
  const [first, ...others] = images
  const named = first && (others.length ? `${first} + ${others.length} more` : first)
  const listed = lists.length && (lists.length === 1 ? 'the images of a list' : `the images of ${lists.length} lists`)
  const namespaces = follow?.namespaces ?? []
  const where = namespaces.length > 2 ? `${namespaces.length} namespaces` : namespaces.join(', ')
  const followed = where && `what runs in ${where}`
  return [named, listed, followed].filter(Boolean).join(', ') || 'No images'
}

export function policyTarget({ all_nodes, node_selector, node_names }: Policy): string {
  if (all_nodes) return 'all nodes'
  return node_selector || (node_names.length === 1 ? (node_names[0] ?? '') : nodes(node_names.length))
}
