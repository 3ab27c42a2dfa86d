/** Registries that tell of pushes, and what came of that, in words. */
import { CircleCheckFilled, CircleCloseFilled, Clock, RemoveFilled, WarningFilled } from '@element-plus/icons-vue'

import type { ArrivalOutcome, Gathering, GatheringStatus, HookRule, PinState, RegistryKind } from '@/api/types'
import type { Look } from '@/tasks/status'

export const kinds: Record<RegistryKind, { label: string; where: string }> = {
  distribution: {
    label: 'Distribution registry',
    where: 'The registry of the CNCF, “registry:2” and later: its notifications.',
  },
  harbor: { label: 'Harbor', where: 'A webhook policy of a project, for the event “Artifact pushed”.' },
}

/** What the registry is told, with the address and the secret that are shown this once. */
export function setUp(kind: RegistryKind, url: string, secret: string): string {
  if (kind === 'harbor') return `Endpoint URL: ${url}\nAuth Header: ${secret}`
  return [
    'notifications:',
    '  endpoints:',
    '    - name: ips',
    `      url: ${url}`,
    '      headers:',
    `        Authorization: ["${secret}"]`,
  ].join('\n')
}

export const outcomes: Record<ArrivalOutcome, Look> = {
  accepted: { label: 'Accepted', tone: 'good', icon: CircleCheckFilled },
  ignored: { label: 'Ignored', tone: 'quiet', icon: RemoveFilled },
  refused: { label: 'Refused', tone: 'bad', icon: CircleCloseFilled },
}

export const isOutcome = (word: string): word is ArrivalOutcome => word in outcomes

export const gatheringStatus: Record<GatheringStatus, Look> = {
  waiting: { label: 'Waits for further pushes', tone: 'busy', icon: Clock },
  fired: { label: 'Task made', tone: 'good', icon: CircleCheckFilled },
  refused: { label: 'No task', tone: 'bad', icon: CircleCloseFilled },
}

/** Whether nodes got what was pushed. */
export const pins: Record<PinState, Look | null> = {
  '': null,
  waiting: { label: 'Digest not looked at yet', tone: 'quiet', icon: Clock },
  same: { label: 'Nodes have the digest', tone: 'good', icon: CircleCheckFilled },
  moved: { label: 'The tag was moved meanwhile', tone: 'warn', icon: WarningFilled },
  unknown: { label: 'Digest not known', tone: 'quiet', icon: WarningFilled },
}

export const pinLook = ({ pin }: Gathering): Look | null => pins[pin]

/** "team/**, tags v*" */
export function ruleWords({ repositories, tags }: Pick<HookRule, 'repositories' | 'tags'>): string {
  const where = repositories === '**' ? 'every repository' : repositories
  return tags === '*' ? where : `${where}, tags ${tags}`
}
