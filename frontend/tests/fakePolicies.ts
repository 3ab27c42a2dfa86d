/** The part of the fake API that keeps images warm. */
import type { MissingNode, Policy, PolicyRequest, WorkloadsAnswer } from '../src/api/types'
import { json, page, problem } from './answers'
import { answerRows, wrong, type Asked } from './fakeRows'
import { newCover, newPolicy } from './policyRows'

export class FakePolicies {
  policies: Policy[] = []
  missing: MissingNode[] = []
  workloads: WorkloadsAnswer = { read_at: null, problems: [], workloads: [] }
  /** The last wish, as it was sent. */
  lastWish: Partial<PolicyRequest> = {}

  /** The answer, or `null` for paths that are about something else. */
  answer(thing: string, asked: Asked): Response | null {
    if (thing !== 'policies') return null
    const wish = asked.body as Partial<PolicyRequest>
    if (wish.follow?.namespaces.includes('kube-system'))
      return wrong('follow/namespaces/0', 'kube-system is not attached to default.')
    if (asked.id === 'preview') return json(200, newCover())
    const policy = this.policies.find(({ id }) => id === asked.id)
    if (policy && asked.move) return this.move(policy, asked)
    if (asked.method === 'POST' || asked.method === 'PATCH') this.lastWish = wish
    const states = asked.url.searchParams.getAll('state')
    const shown = this.policies.filter(({ state }) => !states.length || states.includes(state))
    return answerRows(this.policies, asked, (body) => newPolicy(body as Partial<Policy>), shown)
  }

  private move(policy: Policy, { move, url }: Asked): Response {
    if (move === 'missing') return json(200, page(this.missing, url))
    if (move === 'workloads') return json(200, this.workloads)
    if (move === 'check') return policy.paused_at ? problem(409, 'policy_paused', 'It is paused.') : json(202, policy)
    const changed = { ...policy, paused_at: move === 'pause' ? '2026-11-24T08:00:00Z' : null }
    this.policies = this.policies.map((one) => (one.id === policy.id ? changed : one))
    return json(200, changed)
  }
}
