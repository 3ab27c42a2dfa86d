import { describe, expect, it } from 'vitest'

import { causeOf } from '@/tasks/cause'
import { router } from '@/router'

import { eventually, open, settled, useFakeApi } from '../page'
import { newGroup, newNode, person } from '../rows'

const held = useFakeApi()

const buttons = (shown: Awaited<ReturnType<typeof open>>) => shown.findAll('button').map((button) => button.text())

describe('the list of tasks', () => {
  it('explains itself and offers the first step when there is none', async () => {
    const shown = await open('/tasks')
    await eventually(() => shown.text().includes('No tasks yet') || undefined)

    expect(buttons(shown)).toContain('Make the first task')
    expect(shown.text()).toContain('curl -X POST')
  })

  it('shows a viewer no button to make one', async () => {
    held.api.me = person('vera', 'viewer')
    held.api.addTask()

    const shown = await open('/tasks')
    await eventually(() => shown.find('table').exists() || undefined)

    expect(buttons(shown).join()).not.toMatch(/new task/i)
  })

  it('keeps its filter in the address', async () => {
    held.api.addTask({ status: 'failed', name: 'the broken one' })
    held.api.addTask({ status: 'running', name: 'the other one' })

    const shown = await open('/tasks?status=failed')
    await eventually(() => shown.find('table').exists() || undefined)

    expect(shown.text()).toContain('the broken one')
    expect(shown.text()).not.toContain('the other one')
  })

  it('tells "nothing matches" from "nothing there", and offers a way out', async () => {
    held.api.addTask()
    const shown = await open('/tasks?q=nowhere')
    await eventually(() => shown.text().includes('No task matches') || undefined)

    await shown
      .findAll('button')
      .find((button) => button.text() === 'Clear the filters')
      ?.trigger('click')
    await eventually(() => shown.find('table').exists() || undefined)

    expect(router.currentRoute.value.query).toEqual({})
  })

  it('says what made a task that nobody asked for, and is narrowed by it', async () => {
    held.api.addTask({ trigger: 'schedule', cause: 'schedule nightly, due 02:00' })
    held.api.addTask({ name: 'by hand' })
    const shown = await open('/tasks')
    await eventually(() => shown.find('table').exists() || undefined)
    expect(shown.get('tbody').text()).toMatch(/made by\s+schedule nightly, due 02:00/)

    await shown.get('[aria-label="Made by"]').setValue('schedule')
    await eventually(() => (shown.findAll('tbody tr').length === 1 ? true : undefined))

    expect(shown.text()).not.toContain('by hand')
    expect(router.currentRoute.value.query).toEqual({ by: 'schedule' })
  })

  it('says that it could not be refreshed, and keeps what it knows', async () => {
    held.api.addTask({ name: 'known' })
    const shown = await open('/tasks')
    await eventually(() => shown.find('table').exists() || undefined)

    held.api.away = true
    await router.push('/tasks?status=running')
    await eventually(() => shown.find('[role=alert]').exists() || undefined)

    expect(shown.get('[role=alert]').text()).toContain('cannot be reached')
    expect(shown.text()).toContain('known')
  })
})

describe('a task’s page', () => {
  it('shows why nodes are not warm and what to do, and its progress in the title', async () => {
    const { id } = held.api.addTask({ images: ['missing/image:none'] })
    const hint = 'Check the name and the tag.'
    held.api.settle(
      id,
      [
        { node: 'a', status: 'failed', reason: 'image_not_found', hint },
        { node: 'b', status: 'pulling' },
      ],
      { reasons: [newGroup({ hint, message: 'not found' })] },
    )

    const shown = await open(`/tasks/${id}`)
    await eventually(() => shown.text().includes('Image not found') || undefined)

    expect(shown.text()).toContain(hint)
    expect(document.title).toBe('50% · missing/image:none · IPS')
  })

  it('asks before it cancels, and then tells the server', async () => {
    const { id } = held.api.addTask()
    const shown = await open(`/tasks/${id}`)
    const press = async (text: string) => {
      const button = await eventually(() =>
        [...document.querySelectorAll('button')].find((each) => each.textContent.trim() === text),
      )
      button.click()
      await settled()
    }
    await eventually(() => buttons(shown).includes('Cancel') || undefined)

    await press('Cancel')
    expect(held.api.asked.join()).not.toContain('/cancel/')
    await press('Cancel the task')
    await eventually(() => held.api.asked.includes(`POST /api/v1/tasks/${id}/cancel/`) || undefined)
    await eventually(() => shown.text().includes('Cancelling') || undefined)

    expect(buttons(shown)).not.toContain('Cancel')
  })

  it('shows a viewer what happens, and no button to change it', async () => {
    held.api.me = person('vera', 'viewer')
    const { id } = held.api.addTask()
    const shown = await open(`/tasks/${id}`)
    await eventually(() => shown.text().includes('Running') || undefined)

    expect(buttons(shown).join()).not.toMatch(/cancel$|pause|retry|clone/i)
  })

  it('offers to retry what failed once it has finished, and goes to the new task', async () => {
    const { id } = held.api.addTask()
    held.api.settle(id, [{ node: 'a', status: 'failed' }], { status: 'failed' })
    const shown = await open(`/tasks/${id}`)
    const retry = await eventually(() => shown.findAll('button').find((button) => button.text() === 'Retry 1 node'))

    await retry.trigger('click')
    await eventually(() => (router.currentRoute.value.params.id !== id ? true : undefined))

    expect(held.api.tasks.get(String(router.currentRoute.value.params.id))?.task.retry_of).toBe(id)
  })

  it('that does not exist says so', async () => {
    const shown = await open('/tasks/00000000-0000-4000-8000-00000000dead')
    await eventually(() => shown.text().includes('This task was not found') || undefined)

    expect(document.title).toBe('Not found · IPS')
  })
})

describe('the form for a new task', () => {
  it('is not for viewers', async () => {
    held.api.me = person('vera', 'viewer')

    await open('/tasks/new')

    expect(router.currentRoute.value.name).toBe('tasks')
  })

  it('says that an empty selector is an error, and sends nothing', async () => {
    const shown = await open('/tasks/new')
    await eventually(() => shown.find('#images').exists() || undefined)

    await shown.get('#images').setValue('nginx:1.27')
    await shown.get('form').trigger('submit')
    await settled()

    expect(shown.text()).toContain('does not mean every node')
    expect(shown.get('#node-selector').attributes('aria-invalid')).toBe('true')
    expect(held.api.asked.join()).not.toContain('POST /api/v1/tasks/')
  })

  it('shows the server’s error at the line that it is about', async () => {
    const shown = await open('/tasks/new')
    await eventually(() => shown.find('#images').exists() || undefined)

    await shown.get('#images').setValue('nginx:1.27\n\nNGINX:latest')
    await shown.get('input[value=all]').setValue()
    await shown.get('form').trigger('submit')
    await eventually(() => shown.find('.errors').exists() || undefined)

    expect(shown.get('.errors').text()).toContain('Line 3')
    expect(shown.get('.errors').text()).toContain('Image names are lower case.')
  })

  it('leads to the task that it made', async () => {
    held.api.nodes = [newNode()]
    const shown = await open('/tasks/new')
    await eventually(() => shown.find('#images').exists() || undefined)

    await shown.get('#images').setValue('nginx:1.27')
    await shown.get('input[value=all]').setValue()
    await shown.get('form').trigger('submit')
    await eventually(() => router.currentRoute.value.name === 'task' || undefined)

    expect([...held.api.tasks.keys()]).toEqual([router.currentRoute.value.params.id])
  })

  it('says at its line that an image is missing, and asks before it starts such a task', async () => {
    held.api.nodes = [newNode()]
    held.api.registries = { 'nginx:9': { registry: 'missing', message: 'There is no tag 9.' } }
    const shown = await open('/tasks/new')
    await eventually(() => shown.find('#images').exists() || undefined)

    await shown.get('#images').setValue('nginx:1.27\n\nnginx:9')
    await shown.get('input[value=all]').setValue()
    await shown.get('form').trigger('submit')
    const anyway = await eventually(() => button('Start it anyway'))

    expect(shown.get('.field').text()).toContain('Line 3 nginx:9There is no tag 9.')
    expect(shown.get('.preview [role=status]').text()).toContain('1 of 2 images is missing')
    expect(held.api.tasks.size).toBe(0)
    anyway.click()
    await eventually(() => router.currentRoute.value.name === 'task' || undefined)
    expect(held.api.tasks.size).toBe(1)
  })

  it('asks before it starts a task without nodes', async () => {
    const shown = await open('/tasks/new')
    await eventually(() => shown.find('#images').exists() || undefined)

    await shown.get('#images').setValue('nginx:1.27')
    await shown.get('input[value=all]').setValue()
    await shown.get('form').trigger('submit')
    await eventually(() => button('Start it anyway'))

    expect(document.querySelector('.el-dialog')?.textContent).toContain('No node matches')
    expect(held.api.tasks.size).toBe(0)
  })
})

/** A button anywhere in the document: dialogs are outside of the page that opens them. */
function button(label: string): HTMLButtonElement | undefined {
  return [...document.querySelectorAll('button')].find((each) => each.textContent.trim() === label)
}

describe('the nodes', () => {
  it('are listed with their state', async () => {
    held.api.nodes = [newNode({ name: 'a' }), newNode({ name: 'b', ready: false })]

    const shown = await open('/nodes')
    await eventually(() => shown.find('table').exists() || undefined)

    expect(shown.findAll('tbody tr').map((row) => row.text().includes('Not ready'))).toEqual([false, true])
  })
})

describe('what made a task', () => {
  it('is said only where nobody asked for it', () => {
    expect(causeOf({ trigger: 'request', cause: '', schedule: null, policy: null })).toBeNull()
    expect(causeOf({ trigger: 'retry', cause: '', schedule: null, policy: null })).toBeNull()
    expect(causeOf({ trigger: 'policy', cause: '', schedule: null, policy: null })?.text).toBe('a policy')
    expect(causeOf({ trigger: 'schedule', cause: 'schedule nightly, due 02:00', schedule: 's-1', policy: null })).toEqual({
      text: 'schedule nightly, due 02:00',
      to: { name: 'schedule', params: { id: 's-1' } },
    })
  })
})
