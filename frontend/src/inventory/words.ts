/** What is known of images on nodes, in words. What is not known is never said to be absent. */
import { CircleCheckFilled, CircleCloseFilled, QuestionFilled } from '@element-plus/icons-vue'

import type { ImageKind, ImageOfNode, Presence } from '@/api/types'
import type { Look } from '@/tasks/status'

export const presences: Record<Presence, Look> = {
  present: { label: 'There', tone: 'good', icon: CircleCheckFilled },
  absent: { label: 'Missing', tone: 'bad', icon: CircleCloseFilled },
  unknown: { label: 'Unknown', tone: 'quiet', icon: QuestionFilled },
}

export const isPresence = (word: string): word is Presence => word in presences

export const kinds: Record<ImageKind, string> = { tag: 'Tags', digest: 'Digests' }
export const isKind = (word: string): word is ImageKind => word in kinds

const known: Record<ImageOfNode['how_known'], string> = {
  '': '',
  node_status: 'the node says so',
  own_pull: 'a pull of IPS showed it',
}

const reasons: Record<ImageOfNode['why'], string> = {
  '': '',
  not_listed: 'the node lists all its images, and not this one',
  lost: 'it was pulled there, and the node no longer lists it',
  list_cut: 'the node does not list all its images',
  nothing_listed: 'the node lists no images',
  node_unready: 'the node is not ready, so what it listed proves nothing',
  node_view_stale: 'the cluster has not been heard from for a while',
}

/** One image on one node, whichever of the two is looked through. */
export type Placed = Pick<ImageOfNode, 'presence' | 'as_of' | 'how_known' | 'why' | 'digest' | 'bytes'>

/** How it is known, or why it is not. */
export function howKnown({ how_known, why }: Pick<ImageOfNode, 'how_known' | 'why'>): string {
  return reasons[why] || known[how_known]
}
