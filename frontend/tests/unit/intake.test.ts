import { afterEach, describe, expect, it, vi } from 'vitest'

import { intakeWords } from '@/shell/intakeWords'

import { eventually, open, settled, useFakeApi } from '../page'
import { openIntake, person } from '../rows'

const held = useFakeApi()
const NOW = Date.parse('2026-11-24T08:00:00Z')

afterEach(() => {
  vi.useRealTimers()
})

describe('a paused intake', () => {
  it('is told with since when, by whom, why, and what goes on', () => {
    const words = intakeWords(
      {
        ...openIntake(),
        waits_for: 'intake_paused',
        since: '2026-11-24T07:56:00Z',
        by: 'root',
        reason: 'The registry moves.',
        running_pull_jobs: 7,
        unfinished_tasks: 2,
      },
      NOW,
    )

    expect(words.more).toEqual(['root paused the intake 4 min ago: “The registry moves.”'])
    expect(words.still).toBe('The 7 pulls that run go on. New tasks are accepted and wait; 2 tasks are unfinished.')
  })

  it('says when no reason was given', () => {
    const words = intakeWords({ ...openIntake(), waits_for: 'intake_paused', by: 'cli:root' }, NOW)

    expect(words.more.join()).toBe('cli:root paused the intake, without giving a reason.')
  })
})

describe('a closed window', () => {
  it('is told with when the next one opens', () => {
    const words = intakeWords(
      { ...openIntake(), waits_for: 'window', since: '2026-11-24T06:00:00Z', opens_at: '2026-11-24T10:30:00Z', by: 'root' },
      NOW,
    )

    expect(words.more[0]).toMatch(/^The next window opens in 2 h 30 min, at /)
    expect(words.more[1]).toMatch(/^The last one closed at /)
    expect(words.more[2]).toBe('The windows were set by root.')
  })
})

describe('every page', () => {
  it('says nothing while pulls may start', async () => {
    const shown = await open('/nodes')

    expect(shown.find('[aria-label=Intake]').exists()).toBe(false)
  })

  it('learns within seconds that the intake was paused', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
    const shown = await open('/nodes')
    const reason = 'The registry moves.'
    held.api.me = {
      ...person('olga', 'operator'),
      intake: { ...openIntake(), waits_for: 'intake_paused', by: 'root', reason },
    }

    await vi.advanceTimersByTimeAsync(16_000)
    vi.useRealTimers()
    await settled()
    await eventually(() => shown.find('[aria-label=Intake]').exists() || undefined)

    expect(shown.get('[aria-label=Intake]').text()).toContain(reason)
  })
})
