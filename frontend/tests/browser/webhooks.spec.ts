import type { Locator, Page } from '@playwright/test'

import { expect, test } from './people'

test.use({ person: 'admin', provokes: [422] })

const row = (page: Page, name: string) => page.getByRole('row').filter({ hasText: name })

async function choose(page: Page, name: string, item: string): Promise<void> {
  await row(page, name).getByRole('button', { name: /^More/ }).click()
  await page.getByRole('menuitem', { name: item }).click()
}

/** The form of a new webhook, filled with a name and an address. */
async function begin(page: Page, name: string, address: string): Promise<Locator> {
  await page.goto('/webhooks')
  await page.getByRole('button', { name: /New webhook|first webhook/ }).first().click()
  const dialog = page.getByRole('dialog')
  await dialog.getByLabel('Name', { exact: true }).fill(name)
  await dialog.getByLabel('Address').fill(address)
  return dialog
}

test('a webhook is made, its secret is shown once, and another one later', async ({ page }) => {
  const dialog = await begin(page, 'deployments', 'ftp://ci.example.com')
  await dialog.getByRole('button', { name: 'Make the webhook' }).click()
  await expect(dialog.getByRole('alert')).toBeVisible()
  await expect(dialog.getByLabel('Address')).toBeFocused()
  await dialog.getByLabel('Address').fill('https://ci.example.com/ips')
  await dialog.getByText('Only failures').click()
  await dialog.getByRole('button', { name: 'Make the webhook' }).click()
  const secret = page.getByRole('region', { name: 'Secret', exact: true })
  await expect(secret).toHaveText(/^whsec_/)
  const first = await secret.innerText()
  await page.getByRole('button', { name: 'I have stored it' }).click()
  await expect(row(page, 'deployments')).toContainText('Failures')

  await choose(page, 'deployments', 'Rotate the secret')
  await page.getByRole('button', { name: 'Make the new secret' }).click()
  await expect(secret).toHaveText(/^whsec_/)
  expect(await secret.innerText()).not.toBe(first)
  await page.getByRole('button', { name: 'I have stored it' }).click()
  await expect(page.getByText('whsec_')).toHaveCount(0)
})

test('a test that cannot arrive says why, and stands in the log with its try', async ({ page }) => {
  const dialog = await begin(page, 'nobody there', 'https://nobody.invalid/')
  await dialog.getByRole('button', { name: 'Make the webhook' }).click()
  await page.getByRole('button', { name: 'I have stored it' }).click()

  await row(page, 'nobody there').getByRole('button', { name: 'Test' }).click()
  await expect(page.getByRole('dialog')).toContainText('Failed')
  await page.getByRole('dialog').getByRole('button', { name: 'Close' }).last().click()
  await row(page, 'nobody there').getByRole('link', { name: 'Deliveries' }).click()
  await expect(page.getByRole('heading', { name: 'Deliveries', level: 1 })).toBeVisible()
  await expect(page.getByRole('row').filter({ hasText: 'Test' })).toContainText('1 try')
  await page.getByRole('row').filter({ hasText: 'Test' }).getByRole('button').click()

  await expect(page.getByRole('dialog')).toContainText('"type": "webhook.test"')
  await page.getByRole('dialog').getByRole('button', { name: 'Send again' }).click()
  await expect(page.getByRole('dialog')).toContainText('2.')
})

test('a webhook is deleted after a question', async ({ page }) => {
  const dialog = await begin(page, 'short lived', 'https://ci.example.com/short')
  await dialog.getByRole('button', { name: 'Make the webhook' }).click()
  await page.getByRole('button', { name: 'I have stored it' }).click()
  await choose(page, 'short lived', 'Delete')
  await page.getByRole('button', { name: 'Delete the webhook' }).click()

  await expect(row(page, 'short lived')).toHaveCount(0)
})

test.describe('an operator', () => {
  test.use({ person: 'olga' })

  test('sees webhooks and deliveries, and no button to make one', async ({ page }) => {
    await page.goto('/webhooks')
    await expect(page.getByRole('heading', { name: 'Webhooks' })).toBeVisible()
    await expect(page.getByRole('status').filter({ hasText: /^Loading/ })).toHaveCount(0)
    await expect(page.getByRole('button', { name: /New webhook|first webhook|Test|Edit/ })).toHaveCount(0)

    await page.getByRole('navigation', { name: 'Webhooks' }).getByRole('link', { name: 'Deliveries' }).click()
    await expect(page.getByRole('heading', { name: 'Deliveries' })).toBeVisible()
  })
})
