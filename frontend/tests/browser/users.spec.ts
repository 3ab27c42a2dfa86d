import type { Page } from '@playwright/test'

import { expect, nobody, signInAs, test } from './people'

test.use({ person: 'admin', provokes: [401, 422] })

const PASSWORD = 'forty winks before noon'

test('a new user sets a password by the link, signs in, and is out once disabled', async ({ page, browser, baseURL }) => {
  const link = await makeUser(page, 'nina')
  const hers = await browser.newPage({ baseURL, storageState: nobody })
  await hers.goto(link)
  await hers.getByLabel('New password').fill(PASSWORD)
  await hers.getByLabel('The same again').fill(PASSWORD)
  await hers.getByRole('button', { name: 'Set password' }).click()
  await hers.getByRole('link', { name: 'Sign in' }).click()
  await signInAs(hers, 'nina', PASSWORD)
  await expect(hers.getByRole('button', { name: /Signed in as nina/ })).toBeVisible()

  const row = page.getByRole('row').filter({ hasText: 'nina' })
  await row.getByRole('button', { name: 'Disable' }).click()
  await page.getByRole('dialog').getByRole('button', { name: 'Disable' }).click()
  await expect(row).toContainText('Disabled')

  await hers.goto('/account')
  await expect(hers.getByRole('button', { name: 'Sign in' })).toBeVisible()
  await hers.close()
})

test('she becomes a member of a new tenant, gets another role, and is removed', async ({ page }) => {
  await makeUser(page, 'mara')
  await page.goto('/tenants')
  await page.getByRole('button', { name: 'New tenant' }).click()
  await page.getByLabel('Short name').fill('shop')
  await page.getByLabel('Name', { exact: true }).fill('The web shop')
  await page.getByRole('button', { name: 'Make the tenant' }).click()
  await expect(page.getByRole('heading', { name: 'The web shop' })).toBeVisible()

  await page.getByRole('button', { name: /Add .*member/ }).first().click()
  await page.getByLabel('User name').fill('nobody-here')
  await page.getByRole('button', { name: 'Add', exact: true }).click()
  await expect(page.getByRole('alert')).toContainText('There is no such user.')
  await page.getByLabel('User name').fill('mara')
  await page.getByRole('radio', { name: /^Viewer/ }).check()
  await page.getByRole('button', { name: 'Add', exact: true }).click()
  const row = page.getByRole('row').filter({ hasText: 'mara' })
  await expect(row).toContainText('Viewer')

  await row.getByRole('button', { name: 'Change role' }).click()
  await page.getByRole('radio', { name: /^Admin/ }).check()
  await page.getByRole('button', { name: 'Change the role' }).click()
  await expect(row).toContainText('Admin')
  await row.getByRole('button', { name: 'Remove' }).click()
  await page.getByRole('dialog').getByRole('button', { name: 'Remove' }).click()

  await expect(page.getByText('No members yet')).toBeVisible()
})

test('all of it is in the audit, which can be narrowed and exported', async ({ page }) => {
  await makeUser(page, 'zoe')
  await page.goto('/audit?action=user.created')
  const row = page.getByRole('row').filter({ hasText: 'zoe' })
  await expect(row).toContainText(/admin.*User created/s)

  await row.getByRole('button', { name: 'More' }).click()
  await expect(row).toContainText(/Address\s*127\.0\.0\.1/)
  const download = page.waitForEvent('download')
  await page.getByRole('link', { name: 'CSV' }).click()
  const file = await (await download).createReadStream()
  const text = (await file.toArray()).join('')

  expect(text).toContain('user.created')
  expect(text).toContain('zoe')
  expect(text).not.toContain('session.opened')
})

/** A new user, by the form; the link that is shown once. */
async function makeUser(page: Page, username: string): Promise<string> {
  await page.goto('/users')
  await page.getByRole('button', { name: 'New user' }).click()
  await page.getByLabel('User name').fill(username)
  await page.getByRole('button', { name: 'Make the user' }).click()
  const link = await page.getByRole('dialog').getByRole('region', { name: 'Link' }).innerText()
  await page.getByRole('button', { name: 'I have sent it' }).click()
  await expect(page.getByRole('row').filter({ hasText: username })).toBeVisible()
  return link
}
