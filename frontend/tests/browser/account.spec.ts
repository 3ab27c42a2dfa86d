import { expect, hasPerson, nobody, signIn, test } from './people'

// Signing in elsewhere asks who is signed in there; a session that was ended is told by 401.
test.use({ person: 'vera', provokes: [401, 422] })

test('someone sees where she is signed in, and ends another session', async ({ page, browser, baseURL }) => {
  test.skip(!hasPerson('vera'), 'the instance that was named has no viewer (IPS_VIEWER_PASSWORD)')
  const userAgent = 'Mozilla/5.0 (iPhone) Version/19.0 Safari/604.1'
  const elsewhere = await browser.newPage({ baseURL, userAgent, storageState: nobody })
  await elsewhere.goto('/sign-in')
  await signIn(elsewhere, 'vera')
  await expect(elsewhere.getByRole('heading', { name: 'Tasks', exact: true })).toBeVisible()

  await page.goto('/tasks')
  await page.getByRole('button', { name: /Signed in as vera/ }).click()
  await page.getByRole('menuitem', { name: 'My account' }).click()
  await expect(page.getByRole('row').filter({ hasText: 'This one' })).toHaveCount(1)
  const phone = page.getByRole('row').filter({ hasText: 'Safari on iOS' })
  await phone.getByRole('button', { name: 'End' }).click()
  await page.getByRole('button', { name: 'End the session' }).click()

  await expect(phone).toHaveCount(0)
  await elsewhere.goto('/nodes')
  await expect(elsewhere.getByRole('button', { name: 'Sign in' })).toBeVisible()
  await elsewhere.close()
})

test('a wrong password and one that is too easy are told at their fields', async ({ page }) => {
  test.skip(!hasPerson('vera'), 'the instance that was named has no viewer (IPS_VIEWER_PASSWORD)')
  await page.goto('/account')
  await page.getByLabel('Your password now').fill('not hers at all')
  await page.getByLabel('New password', { exact: true }).fill('password1234')
  await page.getByLabel('The new one again').fill('password1234')
  await page.getByRole('button', { name: 'Change the password' }).click()

  await expect(page.getByRole('alert')).toHaveText('This is not your password.')
  await expect(page.getByLabel('Your password now')).toBeFocused()
  await page.getByLabel('Your password now').fill(process.env.IPS_BROWSER_PASSWORD_vera ?? '')
  await page.getByRole('button', { name: 'Change the password' }).click()

  await expect(page.getByRole('alert')).toContainText('too common')
  await expect(page.getByLabel('New password', { exact: true })).toBeFocused()
})
