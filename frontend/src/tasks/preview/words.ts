/** What a preview says, in sentences; the parts of the panel only show them. */
import type { Preview, PreviewImage } from '@/api/types'

import { count, nodes } from '../format'

/** Something that would surely go wrong. */
export interface Obstacle {
  text: string
  /** Empty when it is no one image that is in the way. */
  image: string
}

/** Those that the registry surely does not have. */
export function missingImages(preview: Preview): PreviewImage[] {
  return preview.images.filter((image) => image.registry === 'missing')
}

export function skippedNodes(preview: Preview): number {
  return preview.skipped.reduce((sum, group) => sum + group.nodes, 0)
}

/** What would surely go wrong; empty when nothing would. */
export function obstacles(preview: Preview | null): Obstacle[] {
  if (!preview) return []
  const missing = missingImages(preview).map(({ image, message }) => ({
    image,
    text: message || 'Its registry does not have it.',
  }))
  return preview.matched ? missing : [{ image: '', text: nobody(preview) }, ...missing]
}

/** The obstacles in one line. */
export function inTheWay(preview: Preview | null): string {
  if (!preview) return ''
  if (!preview.matched) return nobody(preview)
  const missing = missingImages(preview).length
  if (!missing) return ''
  return missing === preview.images.length
    ? `${missing === 1 ? 'This image is' : `All ${images(missing)} are`} missing: there is nothing to pull.`
    : `${someMissing(preview)}: ${missing === 1 ? 'it' : 'they'} would fail, the others are pulled.`
}

/** What pressing the button would come to in spite of the obstacles. */
export function inSpite(preview: Preview): { title: string; outcome: string } {
  const missing = missingImages(preview).length
  const rest = preview.images.length - missing
  if (!preview.matched || !rest)
    return { title: 'This would fail at once', outcome: 'Nothing would be pulled on any node.' }
  const others = rest === 1 ? 'The other image is' : `The other ${images(rest)} are`
  const those = missing === 1 ? 'this one fails' : 'these fail'
  return { title: someMissing(preview), outcome: `${others} pulled, and ${those} on every node without ${missing === 1 ? 'it' : 'them'}.` }
}

/** "1 of 5 images is missing" */
function someMissing(preview: Preview): string {
  const missing = missingImages(preview).length
  return `${count(missing)} of ${images(preview.images.length)} ${missing === 1 ? 'is' : 'are'} missing`
}

function nobody(preview: Preview): string {
  const skipped = skippedNodes(preview)
  if (!skipped) return 'No node matches: there is nothing to pull on.'
  return skipped === 1 ? 'The one node that matches would be left out.' : `All ${nodes(skipped)} that match would be left out.`
}

/** "8 batches, one node after the other", "first 5 nodes alone, then 482 batches". */
export function waves({ waves: { batches, first_wave, nodes_at_once } }: Preview): string {
  const atOnce = nodes_at_once === 1 ? 'one node at a time' : `${nodes(nodes_at_once)} at once`
  if (!first_wave) return batches > 1 ? `${atOnce}, in ${count(batches)} batches` : atOnce
  const rest = batches - 1
  return `first ${nodes(first_wave)} alone, then ${count(rest)} ${rest === 1 ? 'batch' : 'batches'}, ${atOnce}`
}

/** On what the time rests. */
export function basis({ estimate, images: { length } }: Preview): string {
  const { measured_images: measured } = estimate
  if (!measured) return 'No such image was pulled here lately: the time is a rough guess.'
  if (measured < length) return `The time rests on earlier pulls of ${count(measured)} of the ${images(length)}.`
  return 'The time rests on earlier pulls of these images.'
}

/** Bytes that a node without any of the images loads; null when no size is known. */
export function bytesPerNode(preview: Preview): { bytes: number; complete: boolean } | null {
  const known = preview.images.flatMap((image) => (image.bytes === null ? [] : [image.bytes]))
  if (!known.length) return null
  return { bytes: known.reduce((sum, each) => sum + each, 0), complete: known.length === preview.images.length }
}

export function images(value: number): string {
  return `${count(value)} ${value === 1 ? 'image' : 'images'}`
}
