import type { Page } from '@playwright/test'

import { expect, test } from './people'

test.use({ person: 'olga', permissions: ['clipboard-read', 'clipboard-write'] })

test('a key is made, copied, works for a program, and opens nothing once it is revoked', async ({ page, baseURL }) => {
  await page.goto('/api-keys')
  await page.getByRole('button', { name: /New key|first key/ }).first().click()
  await page.getByLabel('Name', { exact: true }).fill('nightly build')
  await page.getByRole('checkbox', { name: /^Tasks/ }).check()
  await page.getByRole('button', { name: 'Make the key' }).click()
  const key = await copied(page, 'API key')
  await page.getByRole('button', { name: 'I have stored it' }).click()

  expect(key).toMatch(/^ips_\w+_\w+$/)
  expect(await answerTo(key, baseURL)).toBe(200)
  const row = page.getByRole('row').filter({ hasText: 'nightly build' })
  await page.reload()
  await expect(row).toContainText(/Read, Tasks.*just now/s)
  await expect(page.getByText(key)).toHaveCount(0)

  await row.getByRole('button', { name: 'Revoke' }).click()
  await page.getByRole('button', { name: 'Revoke the key' }).click()

  await expect(row).toContainText('Revoked')
  expect(await answerTo(key, baseURL)).toBe(401)
})

test('a key is rotated: both work until the old one’s hours are over', async ({ page, baseURL }) => {
  const old = await makeKey(page, 'rotated pipeline')
  await page.getByRole('button', { name: 'Rotate rotated pipeline' }).click()
  await page.getByLabel('The old key goes on for').fill('2')
  await page.getByRole('button', { name: 'Make the new key' }).click()
  const next = await copied(page, 'API key')
  await page.getByRole('button', { name: 'I have stored it' }).click()

  expect(next).not.toBe(old)
  expect([await answerTo(old, baseURL), await answerTo(next, baseURL)]).toEqual([200, 200])
  await expect(page.getByRole('row').filter({ hasText: 'Being replaced' })).toContainText('in 1 h 59 min')
})

test.describe('who writes a network that is none', () => {
  test.use({ provokes: [422] })

  test('is told at the field, by the keyboard alone', async ({ page }) => {
    await page.goto('/api-keys')
    await page.getByRole('button', { name: /New key|first key/ }).first().press('Enter')
    await expect(page.getByLabel('Name', { exact: true })).toBeFocused()
    await page.keyboard.type('office')
    await page.getByLabel('Only from these networks').fill('10.0.0.0/8\nour office')
    await page.getByLabel('Name', { exact: true }).press('Enter')

    await expect(page.getByLabel('Only from these networks')).toBeFocused()
    await expect(page.getByRole('alert')).toContainText("'our' does not appear to be")
    await page.keyboard.press('Escape')
    await expect(page.getByRole('dialog')).toBeHidden()
  })
})

async function makeKey(page: Page, name: string): Promise<string> {
  await page.goto('/api-keys')
  await page.getByRole('button', { name: /New key|first key/ }).first().click()
  await page.getByLabel('Name', { exact: true }).fill(name)
  await page.getByRole('button', { name: 'Make the key' }).click()
  const key = await copied(page, 'API key')
  await page.getByRole('button', { name: 'I have stored it' }).click()
  return key
}

/** Press "Copy" beside it, and see what a person would paste. */
async function copied(page: Page, label: string): Promise<string> {
  const text = page.getByRole('region', { name: label, exact: true })
  const box = page.getByRole('dialog').locator('.copy').filter({ has: text })
  await box.getByRole('button', { name: 'Copy' }).click()
  await expect(box.getByRole('button', { name: 'Copied' })).toBeVisible()
  return page.evaluate(() => navigator.clipboard.readText())
}

/** What the API answers to a program that has nothing but this key. */
async function answerTo(key: string, baseURL: string | undefined): Promise<number> {
  const answer = await fetch(`${baseURL}/api/v1/tasks/`, { headers: { Authorization: `Bearer ${key}` } })
  return answer.status
}
