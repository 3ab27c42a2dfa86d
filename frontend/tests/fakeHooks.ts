/** The part of the fake API to which registries tell of pushes. */
import type {
  Arrival,
  HookRuleRequest,
  RegistryHook,
  RegistryHookChange,
  RegistryHookRequest,
  Rotation,
} from '../src/api/types'
import { json, problem } from './answers'
import { answerRows, type Asked } from './fakeRows'
import { newHook, newRule } from './hookRows'

export class FakeHooks {
  hooks: RegistryHook[] = []
  arrivals: Arrival[] = []
  /** The last wish, as it was sent. */
  lastWish: unknown = null

  /** The answer, or `null` for paths that are about something else. */
  answer(thing: string, asked: Asked): Response | null {
    if (thing !== 'registry-hooks') return null
    if (asked.method === 'POST' || asked.method === 'PATCH') this.lastWish = asked.body
    const hook = this.hooks.find(({ id }) => id === asked.id)
    if (hook && asked.move) return this.move(hook, asked)
    const { rules } = asked.body as RegistryHookChange
    const refused = rules ? refuse(rules) : null
    if (refused) return refused
    const given = rules ? { ...asked, body: { ...(asked.body as object), rules: rules.map(keptRule) } } : asked
    return answerRows(this.hooks, given, (body) => {
      const { name, kind } = body as RegistryHookRequest
      return { ...newHook({ name, kind }), token: 'hook_t', secret: 'hooksec_s', url: 'https://ips.example/hooks/hook_t/' }
    })
  }

  private move(hook: RegistryHook, { move, body, url }: Asked): Response {
    if (move === 'arrivals') {
      const outcomes = url.searchParams.getAll('outcome')
      const results = this.arrivals.filter(({ outcome }) => !outcomes.length || outcomes.includes(outcome))
      return json(200, { next: null, previous: null, results })
    }
    if (move === 'rotate') {
      const { token, secret } = body as Rotation
      const fresh = { token: token ? 'hook_2' : '', url: token ? 'https://ips.example/hooks/hook_2/' : '' }
      return json(200, { ...hook, ...fresh, secret: secret ? 'hooksec_2' : '' })
    }
    const { payload = { events: [] } } = body as { payload?: unknown }
    const rules = hook.rules.map(({ id, repositories }) => ({
      ...{ rule: id, name: repositories, matches: true, allowed: true, message: '' },
    }))
    const told = { image: 'registry.example.com/team/app:1.4', digest: '', reason: '', message: '' }
    return json(200, { payload, events: [{ ...told, outcome: 'accepted', rules }] })
  }
}

function keptRule({ id, ...wish }: HookRuleRequest) {
  return newRule({ ...wish, ...(id && { id }) })
}

function refuse(rules: HookRuleRequest[]): Response | null {
  const at = rules.findIndex(({ task }) => task.node_selector?.includes('=='))
  if (at < 0) return null
  const detail = 'Cannot read “==” here.'
  return problem(422, 'invalid', detail, {
    errors: [{ pointer: `rules/${at}/task/node_selector`, code: 'invalid', detail }],
  })
}
