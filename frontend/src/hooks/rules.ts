/** A rule of a hook that is being written, and what is sent of it. */
import { ApiError } from '@/api/problem'
import type { HookRule, HookRuleRequest } from '@/api/types'
import {
  besides,
  defaultLimits,
  draftOf as taskDraftOf,
  toRequest,
  type Aim,
  type Besides,
  type Limits,
} from '@/tasks/draft'

export interface RuleDraft extends Aim {
  name: string
  repositories: string
  tags: string
  debounce: number | null
  pin: boolean
  enabled: boolean
  limits: Limits
  /** What its tasks are called, and what is asked for besides: the form has no field for it. */
  task: Besides & { name?: string }
}

const DEBOUNCE = 30

export function emptyRule(): RuleDraft {
  return {
    name: '',
    repositories: '',
    tags: '*',
    debounce: DEBOUNCE,
    pin: false,
    enabled: true,
    target: 'all',
    selector: '',
    names: '',
    limits: { ...defaultLimits },
    task: {},
  }
}

export function draftOf(rule: HookRule): RuleDraft {
  const { name, repositories, tags, debounce_seconds: debounce, pin, enabled } = rule
  const { target, selector, names, limits } = taskDraftOf(rule.task, '')
  const task = { ...besides(rule.task), ...(rule.task.name && { name: rule.task.name }) }
  return { name, repositories, tags, debounce, pin, enabled, target, selector, names, limits, task }
}

/** The same rule goes on where it keeps its id. */
export function wishOf(draft: RuleDraft, id?: string): HookRuleRequest {
  const { target, selector, names, limits } = draft
  const task = toRequest({ tenant: '', name: '', images: '', lists: [], target, selector, names, limits })
  return {
    ...(id && { id }),
    name: draft.name.trim(),
    repositories: draft.repositories.trim(),
    tags: draft.tags.trim() || '*',
    debounce_seconds: draft.debounce ?? DEBOUNCE,
    pin: draft.pin,
    enabled: draft.enabled,
    task: { ...Object.fromEntries(Object.entries(task).filter(([field]) => field !== 'images')), ...draft.task },
  }
}

/** A rule that stays as it is. */
export function kept(rule: HookRule): HookRuleRequest {
  const { id, name, repositories, tags, task, debounce_seconds, pin, enabled } = rule
  return { id, name, repositories, tags, task, debounce_seconds, pin, enabled }
}

/** What the API says of `rules/2/task/node_selector` as an error about `node_selector`, for the form of that rule. */
export function aboutRule(problem: unknown, at: number): Error {
  if (!(problem instanceof ApiError)) return problem instanceof Error ? problem : new Error('Something went wrong.')
  const fields = problem.fields.map((error) => {
    const [rules, index, ...rest] = error.path
    if (rules !== 'rules' || index !== String(at)) return error
    return { ...error, path: rest[0] === 'task' ? rest.slice(1) : rest }
  })
  return new ApiError(problem.status, problem.code, problem.message, problem.requestId, fields, problem.retryAfter)
}
