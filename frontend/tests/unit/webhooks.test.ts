import { describe, expect, it } from 'vitest'

import { changeOf, draftOf, emptyDraft, parseMobiles, requestOf } from '@/webhooks/draft'
import { eventWords, heard } from '@/webhooks/events'
import { nextTry, stateOf } from '@/webhooks/state'
import { router } from '@/router'

import { dialog, eventually, fill, open, pick, press, send, settled, useFakeApi } from '../page'
import { person, platformAdmin } from '../rows'
import { newAttempt, newDelivery, newWebhook } from '../webhookRows'

const held = useFakeApi()

async function openWebhooks(as: 'viewer' | 'operator' | 'admin' = 'admin') {
  held.api.me = person('ada', as)
  const shown = await open('/webhooks')
  await eventually(() => shown.find('table, .empty').exists() || undefined)
  return shown
}

const names = () => held.api.webhooks.webhooks.map(({ name }) => name)

describe('webhooks', () => {
  it('say what they are for while there is none', async () => {
    const shown = await openWebhooks()

    expect(shown.text()).toContain('tells a program, a Slack channel or a DingTalk group')
  })

  it('for programs are made, and their secret is shown once', async () => {
    const shown = await openWebhooks()
    await press('New webhook')
    await fill('webhook-name', 'deployments')
    await fill('webhook-url', 'https://ci.example.com/ips')
    await send()
    await eventually(() => document.querySelector('[aria-label="Secret"]') ?? undefined)

    expect(dialog().textContent).toContain('whsec_the-first')
    await press('I have stored it')
    expect(document.body.textContent).not.toContain('whsec_')
    expect(shown.text()).toContain('deployments')
    expect(held.api.webhooks.lastWish).toMatchObject({ kind: 'generic', events: [], only_failures: false })
  })

  it('for a chat have no secret to show, and hear of what was chosen', async () => {
    const shown = await openWebhooks()
    await press('New webhook')
    await check('input[value=slack]')
    await fill('webhook-name', 'ops')
    await fill('webhook-url', 'https://hooks.slack.com/services/T1/B1/abcdwxyz')
    await check('input[name=events][value=true]')
    await check('input[value="task.failed"]')
    await send()

    await eventually(() => shown.text().includes('https://hooks.slack.com/…wxyz') || undefined)
    expect(document.querySelector('.el-dialog')).toBeNull()
    expect(shown.text()).toContain('Task failed')
    expect(held.api.webhooks.lastWish).toMatchObject({ kind: 'slack', events: ['task.failed'], language: 'en' })
  })

  it('of a platform administrator may hear of all tenants', async () => {
    held.api.me = platformAdmin()
    held.api.webhooks.webhooks = [newWebhook({ name: 'all of it', tenant: null })]
    const shown = await open('/webhooks')
    await eventually(() => shown.find('table').exists() || undefined)
    expect(shown.get('tbody').text()).toContain('of all tenants')
    await press('New webhook')
    await check('form > .check input')
    await fill('webhook-name', 'everything')
    await fill('webhook-url', 'https://ci.example.com/ips')
    await send()

    await eventually(() => (names().length === 2 ? true : undefined))
    expect(held.api.webhooks.lastWish).toMatchObject({ all_tenants: true })
    expect(held.api.webhooks.lastWish).not.toHaveProperty('tenant')
  })

  it('are not asked for without a name, an address, or any of the events to choose', async () => {
    await openWebhooks()
    await press('New webhook')
    await check('input[name=events][value=true]')
    await send()

    expect([...dialog().querySelectorAll('[role=alert]')].map((each) => each.textContent)).toEqual([
      'Say what it is, such as “Operations channel”.',
      'Enter the address.',
      'Choose at least one event, or every event.',
    ])
    expect(held.api.asked.join()).not.toContain('POST /api/v1/webhooks/')
  })

  it('say at the address what is wrong with it', async () => {
    await openWebhooks()
    await press('New webhook')
    await fill('webhook-name', 'x')
    await fill('webhook-url', 'http://ci.example.com')
    await send()

    await eventually(() => dialog().querySelector('[role=alert]') ?? undefined)
    expect(dialog().querySelector('#webhook-url-about')?.textContent).toContain('Write https://.')
  })

  it('keep their address when they are changed, which is never shown again', async () => {
    held.api.webhooks.webhooks = [newWebhook()]
    await openWebhooks()
    await press('Edit ops channel')
    expect(dialog().textContent).toContain('Empty: it stays https://hooks.slack.com/…wxyz')
    await fill('webhook-selector', 'pool=gpu')
    await send()

    await eventually(() => held.api.webhooks.webhooks[0]?.selector || undefined)
    expect(held.api.webhooks.lastWish).not.toHaveProperty('url')
  })

  it('are tested, and the answer is shown', async () => {
    held.api.webhooks.webhooks = [newWebhook()]
    const answer = { status: 404, code: 'http_404', message: 'The answer is 404.', answer: 'no_team' }
    held.api.webhooks.testEnds = { status: 'failed', message: 'The answer is 404.', tried: [newAttempt(answer)] }
    await openWebhooks()
    await press('Test ops channel')

    await eventually(() => dialog().querySelector('.answer') ?? undefined)
    expect(dialog().textContent).toMatch(/Failed.*The answer is 404.*no_team/s)
  })

  it('for programs get another secret, while both sign', async () => {
    held.api.webhooks.webhooks = [newWebhook({ name: 'ci', kind: 'generic' })]
    await openWebhooks()
    await pick('More for ci', 'Rotate the secret')
    await fill('overlap', '48')
    await send()

    await eventually(() => document.querySelector('[aria-label="Secret"]') ?? undefined)
    expect(dialog().textContent).toContain('whsec_the-second')
    expect(held.api.webhooks.lastWish).toEqual({ overlap_hours: 48 })
  })

  it('are disabled after a question, and enabled without', async () => {
    held.api.webhooks.webhooks = [newWebhook()]
    const shown = await openWebhooks()
    await pick('More for ops channel', 'Disable')
    await press('Disable')
    await eventually(() => shown.text().includes('Disabled') || undefined)

    await pick('More for ops channel', 'Enable')

    await eventually(() => shown.text().includes('Works') || undefined)
  })

  it('are deleted after a question', async () => {
    held.api.webhooks.webhooks = [newWebhook(), newWebhook({ name: 'ci' })]
    await openWebhooks()
    await pick('More for ci', 'Delete')
    expect(dialog().textContent).toContain('Its deliveries go with it')
    await press('Delete the webhook')

    await eventually(() => (names().length === 1 ? true : undefined))
    expect(names()).toEqual(['ops channel'])
  })

  it('that failed too long say so, and why', async () => {
    const why = 'The place says that it is gone for good (410).'
    held.api.webhooks.webhooks = [newWebhook({ enabled: false, disabled_reason: why })]
    const shown = await openWebhooks()

    expect(shown.get('tbody').text()).toMatch(/Stopped by IPS.*gone for good/s)
  })

  it('are for an operator to see, and to send again', async () => {
    held.api.webhooks.webhooks = [newWebhook()]
    const shown = await openWebhooks('operator')

    expect(shown.findAll('button').map((each) => each.text())).not.toContain('New webhook')
    expect(shown.findAll('tbody button').map((each) => each.attributes('aria-label'))).toEqual(['More for ops channel'])
  })

  it('are nothing that a viewer is led to', async () => {
    const shown = await openWebhooks('viewer')

    expect(shown.get('[aria-label=Main]').text()).not.toContain('Webhooks')
  })
})

describe('what failed', () => {
  it('is sent again since a moment, and the log shows it', async () => {
    const webhook = newWebhook({ failing_since: '2026-11-24T07:00:00Z' })
    held.api.webhooks.webhooks = [webhook]
    held.api.webhooks.deliveries = [newDelivery(webhook, { status: 'failed', message: 'The answer is 500.' })]
    const shown = await openWebhooks('operator')
    await pick('More for ops channel', 'Send failed ones again')
    await send()

    await eventually(() => router.currentRoute.value.name === 'deliveries' || undefined)
    await eventually(() => shown.get('tbody').text().includes('Waiting') || undefined)
    expect(router.currentRoute.value.query.webhook).toBe(webhook.id)
  })

  it('may be nothing, which is said', async () => {
    held.api.webhooks.webhooks = [newWebhook()]
    await openWebhooks()
    await pick('More for ops channel', 'Send failed ones again')
    await send()

    await eventually(() => dialog().querySelector('[role=alert]') ?? undefined)
    expect(dialog().textContent).toContain('Nothing of what happened since then has failed.')
  })
})

describe('the delivery log', () => {
  async function openLog(path = '/deliveries') {
    const shown = await open(path)
    await eventually(() => shown.find('table, .empty').exists() || undefined)
    return shown
  }

  it('says what was told, and is narrowed by what became of it', async () => {
    const webhook = newWebhook()
    const failed = { status: 'failed', event: 'task.partial', message: 'The answer is 500.', attempts: 8 } as const
    held.api.webhooks.deliveries = [newDelivery(webhook), newDelivery(webhook, failed)]
    const shown = await openLog()
    expect(shown.findAll('tbody tr').length).toBe(2)

    await shown.get('.chips').findAll('button').find((chip) => chip.text() === 'Failed')?.trigger('click')
    await eventually(() => (shown.findAll('tbody tr').length === 1 ? true : undefined))

    expect(shown.get('tbody').text()).toMatch(/Task partly done.*Failed.*8 tries.*The answer is 500/s)
  })

  it('shows what went out and every try, and sends again', async () => {
    const webhook = newWebhook()
    const tries = [newAttempt({ status: 500, code: 'http_500', message: 'The answer is 500.' }), newAttempt({ number: 2 })]
    held.api.webhooks.deliveries = [newDelivery(webhook, { tried: tries, task: 'a-task' })]
    const shown = await openLog()
    await shown.get('tbody button').trigger('click')
    const drawer = await eventually(() => document.querySelector('.el-drawer ol') ?? undefined)

    expect(drawer.textContent).toMatch(/2\..*Delivered.*1\..*Failed.*The answer is 500/s)
    expect(document.querySelector('.el-drawer')?.textContent).toContain('"type": "task.failed"')
    await press('Send again')

    expect(held.api.webhooks.deliveries[0]?.status).toBe('pending')
  })

  it('says to whom an answer is shown, where it is not to the reader', async () => {
    const webhook = newWebhook()
    held.api.webhooks.deliveries = [newDelivery(webhook, { tried: [newAttempt({ answer: null })] })]
    await openLog(`/deliveries?delivery=${held.api.webhooks.deliveries[0]?.id}`)

    await eventually(() => document.querySelector('.el-drawer ol') ?? undefined)
    expect(document.querySelector('.el-drawer')?.textContent).toContain('is for administrators of the tenant to see')
  })

  it('says that a delivery is no longer there', async () => {
    await openLog('/deliveries?delivery=00000000-0000-4000-8000-00000000dead')

    await eventually(() => document.querySelector('.el-drawer [role=alert]') ?? undefined)
    expect(document.querySelector('.el-drawer')?.textContent).toContain('was not found')
  })
})

describe('a webhook’s form', () => {
  it('sends only what its kind has', () => {
    const draft = { ...emptyDraft(), name: ' x ', url: 'https://a.example', mobiles: '138 0013 8000', keyword: 'IPS' }

    expect(requestOf({ ...draft, kind: 'generic' })).not.toHaveProperty('keyword')
    expect(requestOf({ ...draft, kind: 'generic' })).not.toHaveProperty('language')
    expect(requestOf({ ...draft, kind: 'dingtalk' })).toMatchObject({ keyword: 'IPS', at_mobiles: ['138-0013-8000'] })
  })

  it('forgets a secret only when that is said', () => {
    const draft = draftOf(newWebhook({ kind: 'dingtalk', has_secret: true }))

    expect(changeOf(draft)).not.toHaveProperty('secret')
    expect(changeOf({ ...draft, unsigned: true })).toMatchObject({ secret: '' })
    expect(changeOf({ ...draft, unsigned: true, secret: 'SECnew' })).toMatchObject({ secret: 'SECnew' })
  })

  it('reads telephone numbers as people write them', () => {
    expect(parseMobiles('13800138000, +86 139 0013 9000;\n13800138000')).toEqual(['13800138000', '+86-139-0013-9000'])
  })
})

describe('words about webhooks', () => {
  it('say what one hears of', () => {
    expect(heard({ events: [], only_failures: false })).toBe('Everything')
    expect(heard({ events: [], only_failures: true })).toBe('Failures')
    expect(heard({ events: ['task.failed', 'task.succeeded'], only_failures: true })).toBe('Task failed')
    expect(heard({ events: ['task.succeeded'], only_failures: true })).toMatch(/^Nothing/)
    expect(heard({ events: ['task.failed', 'task.partial', 'policy.cannot'], only_failures: false })).toBe(
      'Task failed, Task partly done and 1 more',
    )
    expect([eventWords('webhook.test'), eventWords('moon.rose')]).toEqual(['Test', 'moon.rose'])
  })

  it('say how one fares, and when a delivery is tried next', () => {
    const now = Date.parse('2026-11-24T08:00:00Z')
    const waits = newDelivery(newWebhook(), { status: 'pending', due_at: '2026-11-24T08:05:00Z' })

    expect(stateOf(newWebhook())).toBe('good')
    expect(stateOf(newWebhook({ failing_since: '2026-11-24T08:00:00Z' }))).toBe('failing')
    expect(stateOf(newWebhook({ enabled: false }))).toBe('disabled')
    expect(nextTry(waits, now)).toBe('in 5 min 00 s')
    expect(nextTry({ ...waits, status: 'failed' }, now)).toBe('')
  })
})

/** Press a choice or a box of the dialog. */
async function check(places: string): Promise<void> {
  dialog().querySelector<HTMLInputElement>(places)?.click()
  await settled()
}
