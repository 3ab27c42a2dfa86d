/** How the panel speaks of one image, and in which order it shows them. */
import { CircleCheckFilled, CircleCloseFilled, MoreFilled, QuestionFilled } from '@element-plus/icons-vue'
import type { Component } from 'vue'

import type { PreviewImage } from '@/api/types'

import { bytes } from '../format'
import { reasonLabel } from '../reasons'

export type Answered = Exclude<PreviewImage['registry'], 'off'>

interface Look {
  word: string
  icon: Component
  tone: 'good' | 'bad' | 'quiet'
}

/** In order of importance. */
export const looks: Record<Answered, Look> = {
  missing: { word: 'missing', icon: CircleCloseFilled, tone: 'bad' },
  unknown: { word: 'not known', icon: QuestionFilled, tone: 'quiet' },
  checking: { word: 'asking', icon: MoreFilled, tone: 'quiet' },
  found: { word: 'found', icon: CircleCheckFilled, tone: 'good' },
}
const order = Object.keys(looks) as Answered[]

/** What needs to be seen comes first; otherwise as entered. Images that nobody asked a registry about are left out. */
export function byImportance(images: PreviewImage[]): PreviewImage[] {
  return order.flatMap((registry) => images.filter((image) => image.registry === registry))
}

/** "1 missing · 2 not known · 17 found" */
export function tally(images: PreviewImage[]): string {
  const number = (registry: Answered) => images.filter((image) => image.registry === registry).length
  return order
    .filter((registry) => number(registry) > 0)
    .map((registry) => `${number(registry)} ${looks[registry].word}`)
    .join(' · ')
}

/** The line under an image's name. */
export function imageSays(image: PreviewImage): string {
  if (image.registry === 'checking') return 'Asking its registry …'
  if (image.registry === 'found') return sizeAndPlatforms(image)
  return image.message || (image.reason ? reasonLabel(image.reason) : looks.unknown.word)
}

/** An image's name in parts between which a line may break, its digest shortened: what is left tells it apart. */
export function nameParts(image: string): string[] {
  return image.replace(/@(sha\d+:[0-9a-f]{12})[0-9a-f]+$/, '@$1…').split(/(?<=\/)|(?=@)/)
}

function sizeAndPlatforms(image: PreviewImage): string {
  const size = image.bytes === null ? '' : bytes(image.bytes)
  return [size, platforms(image.platforms)].filter(Boolean).join(' · ')
}

const FEW = 3

/** linux/amd64, linux/arm64 → "linux: amd64, arm64", and a number for those beyond a few. */
function platforms(all: string[]): string {
  const ofLinux = all.filter((each) => each.startsWith('linux/')).map((each) => each.slice('linux/'.length))
  const named = ofLinux.length === all.length ? ofLinux : all
  if (!named.length) return ''
  const rest = named.length - FEW
  const more = rest > 0 ? ` and ${rest} more` : ''
  return `${named === ofLinux ? 'linux: ' : ''}${named.slice(0, FEW).join(', ')}${more}`
}
