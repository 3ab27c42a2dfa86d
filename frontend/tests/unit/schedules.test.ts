import { beforeEach, describe, expect, it } from 'vitest'

import { asksFor } from '@/tasks/asksFor'
import { changeOf, draftOf } from '@/schedules/draft'
import { inZone, missedWords, runLook } from '@/schedules/words'
import { router } from '@/router'

import { newTenant } from '../accountRows'
import { dialog, eventually, fill, open, pick, press, settled, useFakeApi } from '../page'
import { person } from '../rows'
import { newRun, newSchedule } from '../scheduleRows'

const held = useFakeApi()

beforeEach(() => {
  held.api.accounts.tenants = [newTenant()]
  held.api.schedules.schedules = [newSchedule(), newSchedule({ name: 'hourly', cron: '0 * * * *' })]
})

async function openSchedules(path = '/schedules') {
  const shown = await open(path)
  await eventually(() => shown.find('table, .empty').exists() || undefined)
  return shown
}

const names = () => held.api.schedules.schedules.map(({ name }) => name)

describe('schedules', () => {
  it('say what they are for while there is none', async () => {
    held.api.schedules.schedules = []
    const shown = await openSchedules()

    expect(shown.text()).toContain('makes the same task again and again')
  })

  it('show their next and their last run, with how many were missed', async () => {
    const last_run = newRun({ missed: 3, outcome: 'skipped', text: 'The last one still runs.' })
    held.api.schedules.schedules = [newSchedule({ last_run })]
    const shown = await openSchedules()

    expect(shown.get('tbody').text()).toMatch(/nightly.*Nov 25, 02:00.*Skipped.*3 earlier times were missed/s)
  })

  it('are paused and go on', async () => {
    held.api.schedules.schedules = [newSchedule()]
    const shown = await openSchedules()
    await pick('More for nightly', 'Pause')
    await eventually(() => shown.get('tbody').text().includes('Paused') || undefined)

    await pick('More for nightly', 'Resume')

    await eventually(() => shown.get('tbody').text().includes('Nov 25') || undefined)
  })

  it('are all paused by an admin, and go on together', async () => {
    held.api.me = person('ada', 'admin')
    const shown = await openSchedules()
    await press('Pause all')
    expect(dialog().textContent).toContain('None fires by itself until they go on')
    dialog().querySelector('form')?.dispatchEvent(new Event('submit', { cancelable: true }))
    await eventually(() => shown.text().includes('All schedules are paused') || undefined)
    expect(shown.get('tbody').text()).toContain('All paused')

    await press('Let them go on')

    await eventually(() => (shown.text().includes('All schedules are paused') ? undefined : true))
  })

  it('are run now after a question, and say why there is no task', async () => {
    held.api.schedules.schedules = [newSchedule()]
    const shown = await openSchedules()
    await press('Run nightly now')
    await press('Run it now')

    await eventually(() => router.currentRoute.value.name === 'schedule' || undefined)
    await eventually(() => shown.text().includes('The tenant has enough tasks.') || undefined)
    expect(shown.text()).toContain('run now, by olga')
  })

  it('are deleted after a question', async () => {
    await openSchedules()
    await pick('More for hourly', 'Delete')
    await press('Delete the schedule')

    await eventually(() => (names().length === 1 ? true : undefined))
    expect(names()).toEqual(['nightly'])
  })

  it('are for a viewer to look at', async () => {
    held.api.me = person('vera', 'viewer')
    const shown = await openSchedules()

    expect(shown.findAll('.acts *')).toEqual([])
    expect(shown.findAll('.page__head button')).toEqual([])
  })
})

describe('a schedule’s form', () => {
  async function openForm(path = '/schedules/new') {
    const shown = await open(path)
    await eventually(() => shown.find('#cron').exists() || undefined)
    await settled()
    return shown
  }

  it('shows the next runs while one types, and makes it with its task', async () => {
    const shown = await openForm()
    await fill('schedule-name', 'weekly')
    await fill('cron', '0 2 * * 0')
    await fill('time_zone', 'Europe/Berlin')
    const runs = await eventually(() => (shown.find('.runs tbody').exists() ? shown.get('.runs') : undefined))
    expect(runs.text()).toMatch(/At 02:00.*Wed, Nov 25, 02:00/s)

    await fill('images', 'nginx:1.27')
    await shown.get('input[value=all]').setValue()
    await shown.get('input[name=overlap][value=queue]').setValue()
    await shown.get('form').trigger('submit')
    await eventually(() => router.currentRoute.value.name === 'schedule' || undefined)

    expect(held.api.schedules.lastWish).toMatchObject({
      ...{ name: 'weekly', cron: '0 2 * * 0', time_zone: 'Europe/Berlin', overlap: 'queue' },
      starting_deadline_seconds: null,
      task: { images: ['nginx:1.27'], all_nodes: true },
    })
  })

  it('says at the field what is wrong with the rule', async () => {
    const shown = await openForm()
    await fill('cron', '0 2')

    await eventually(() => shown.find('#cron-about [role=alert]').exists() || undefined)
    expect(shown.get('#cron-about').text()).toContain('A rule has five fields.')
    expect(shown.get('.runs').text()).toContain('Mend the rule')
  })

  it('says what is missing without asking the server', async () => {
    const shown = await openForm()
    await shown.get('form').trigger('submit')
    await settled()

    expect(shown.text()).toContain('Enter a name, such as “nightly”.')
    expect(shown.text()).toContain('Enter at least one image')
    expect(held.api.asked).not.toContain('POST /api/v1/schedules/')
  })

  it('places what is wrong with the task at the task’s fields', async () => {
    const shown = await openForm(`/schedules/${held.api.schedules.schedules[0]?.id}/edit`)
    await shown.get('input[value=selector]').setValue()
    await fill('node-selector', 'pool==gpu')
    await shown.get('form').trigger('submit')

    await eventually(() => shown.find('#node-selector-about [role=alert]').exists() || undefined)
    expect(shown.get('#node-selector-about').text()).toContain('Cannot read')
  })

  it('keeps what was asked for besides', () => {
    const task = { images: ['nginx:1'], all_nodes: true, webhooks: ['w-1'], urgent: true, batch_size: 3, name: 'x' }
    const schedule = newSchedule({ task, starting_deadline_seconds: 90 })

    expect(changeOf(draftOf(schedule))).toMatchObject({ starting_deadline_seconds: 90, task })
  })
})

describe('a schedule’s page', () => {
  it('says so when there is none', async () => {
    const shown = await open('/schedules/00000000-0000-4000-8000-00000000dead')

    await eventually(() => shown.text().includes('This schedule was not found') || undefined)
  })

  it('shows every run with its task or why there is none', async () => {
    const [schedule] = held.api.schedules.schedules
    const task = { id: 'a-task', status: 'partial', reason: '', finished_at: null } as const
    const counts = { desired: 3, succeeded: 2, failed: 1, skipped: 0 }
    held.api.schedules.runs.set(schedule?.id ?? '', [
      newRun({ task: { ...task, ...counts } }),
      newRun({ outcome: 'missed', text: 'Nobody was there in time.', missed: 1_439 }),
    ])
    const shown = await open(`/schedules/${schedule?.id}`)
    await eventually(() => shown.find('tbody').exists() || undefined)

    expect(shown.get('tbody').text()).toMatch(/Partly warm.*Missed.*Nobody was there.*1,439 earlier times/s)
    expect(shown.get('tbody a').attributes('href')).toBe('/tasks/a-task')
  })
})

describe('words about schedules', () => {
  it('say a time where the schedule lives', () => {
    expect(inZone('2026-11-24T02:00:00Z', 'Europe/Berlin')).toBe('Tue, Nov 24, 03:00')
    expect(inZone('2026-11-24T02:00:00Z', 'Nowhere/Else')).toBe('')
  })

  it('say how a run went: as its task did, where there is one', () => {
    const task = { id: 'x', status: 'succeeded', reason: '', finished_at: null } as const
    const counts = { desired: 1, succeeded: 1, failed: 0, skipped: 0 }
    expect(runLook(newRun({ task: { ...task, ...counts } })).label).toBe('Succeeded')
    expect(runLook(newRun({ outcome: 'refused' })).label).toBe('Refused')
    expect([missedWords(0), missedWords(1)]).toEqual(['', '1 earlier time was missed'])
  })

  it('say what is asked for', () => {
    expect(asksFor({ images: ['a', 'b', 'c'], image_lists: ['l'], node_selector: 'pool=gpu' })).toEqual({
      images: 'a + 2 more, the images of a list',
      target: 'pool=gpu',
    })
    expect(asksFor({ images: [], node_names: ['n1', 'n2'] })).toEqual({ images: 'No images', target: 'n1 + 1 more' })
  })
})
